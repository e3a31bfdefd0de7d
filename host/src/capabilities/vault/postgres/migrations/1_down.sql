DROP TABLE @history;
DROP TABLE @record;
DROP TABLE @state;
DROP TABLE @header;
