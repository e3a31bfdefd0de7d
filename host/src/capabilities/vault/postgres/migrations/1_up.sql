CREATE TABLE @header (
    id smallint PRIMARY KEY CHECK (id = 1),
    content bytea NOT NULL
);
CREATE TABLE @state (
    id smallint PRIMARY KEY CHECK (id = 1),
    sealed bytea NOT NULL
);
CREATE TABLE @record (
    key bytea PRIMARY KEY,
    space bytea NOT NULL,
    scope bytea NOT NULL,
    revision bigint NOT NULL,
    public_seal bytea NOT NULL,
    secret_seal bytea NOT NULL,
    public bytea NOT NULL,
    secret bytea NOT NULL
);
CREATE TABLE @history (
    key bytea NOT NULL,
    version bigint NOT NULL,
    space bytea NOT NULL,
    scope bytea NOT NULL,
    revision bigint NOT NULL,
    public_seal bytea NOT NULL,
    secret_seal bytea NOT NULL,
    note_seal bytea NOT NULL,
    note bytea NOT NULL,
    public bytea NOT NULL,
    secret bytea NOT NULL,
    PRIMARY KEY (key, version)
);
