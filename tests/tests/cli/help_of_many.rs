//! Help of the commands that work on many connections, or on two places.

use super::help::help;

#[test]
fn of_apply() {
    insta::assert_snapshot!(help("apply"), @"
    exit code: 0
    --- stdout ---
    Store the connections of files, as often as you like

    Usage: connhub apply [OPTIONS] --file <FILE>

    Options:
      -f, --file <FILE>            A file, a folder of files, or `-` for stdin; can be given several
                                   times
          --allow-literal-secrets  Take secrets that stand in the files themselves
          --keep-secrets           Leave stored secrets in place although a file sends them to another
                                   address
          --prune                  Then delete connections with the labels of `-l` that no file names,
                                   where the files store some
      -l, --selector <SELECTOR>    The labels of connections that `--prune` may delete, such as
                                   `managed-by=ci`
      -y, --yes                    Do not ask before something is deleted
          --dry-run[=<WHERE>]      Check and print what would be written: `client` sends nothing,
                                   `server` lets the backend check it [possible values: none, client,
                                   server]
      -h, --help                   Print help

    Global options:
      -b, --backend <NAME>     The backend to work on, or `all` where a command can ask several [env:
                               CONNHUB_BACKEND]
      -n, --namespace <SCOPE>  The project, tenant or folder to work in [env: CONNHUB_SCOPE] [alias:
                               --scope]
          --plugins <FILE>     A further `plugins.toml`, which is read last [env: CONNHUB_PLUGINS]
          --policy <FILE>      A further policy file, which can only narrow [env: CONNHUB_POLICY]
      -o, --output <FORM>      The form of the output: table, wide, json, yaml, name or
                               jsonpath=EXPRESSION
          --json <KEYS>        Print JSON with these keys only, separated by commas
          --no-headers         Leave out the first line of tables
      -q, --quiet              Say nothing but results, warnings and errors
      -v, --verbose...         Say more on stderr; -vv and -vvv say even more
          --color <WHEN>       When to use colors [possible values: auto, always, never]
          --no-color           The same as `--color never`

    FILE holds connections in YAML, JSON or TOML, of connhub or of a backend; docs/manifests.md
    describes them.
    A secret is a reference there:
      {fromEnv: VARIABLE}             from an environment variable
      {fromFile: PATH}                from a file
      {fromCommand: [PROGRAM, ARG]}   what a program prints; only in a file that nobody else can write
      {from: op://VAULT/ITEM/FIELD}   by the command line of 1Password
      {from: connhub://BACKEND/SCOPE/NAME#FIELD}   of another connection
    The exit code is that of the first failure; the others are done all the same.
    ");
}

#[test]
fn of_diff() {
    insta::assert_snapshot!(help("diff"), @"
    exit code: 0
    --- stdout ---
    Show how connections differ from files; exit code 1 if they do

    Usage: connhub diff [OPTIONS] --file <FILE>

    Options:
      -f, --file <FILE>            A file, a folder of files, or `-` for stdin; can be given several
                                   times
          --allow-literal-secrets  Take secrets that stand in the files themselves
      -h, --help                   Print help

    Global options:
      -b, --backend <NAME>     The backend to work on, or `all` where a command can ask several [env:
                               CONNHUB_BACKEND]
      -n, --namespace <SCOPE>  The project, tenant or folder to work in [env: CONNHUB_SCOPE] [alias:
                               --scope]
          --plugins <FILE>     A further `plugins.toml`, which is read last [env: CONNHUB_PLUGINS]
          --policy <FILE>      A further policy file, which can only narrow [env: CONNHUB_POLICY]
      -o, --output <FORM>      The form of the output: table, wide, json, yaml, name or
                               jsonpath=EXPRESSION
          --json <KEYS>        Print JSON with these keys only, separated by commas
          --no-headers         Leave out the first line of tables
      -q, --quiet              Say nothing but results, warnings and errors
      -v, --verbose...         Say more on stderr; -vv and -vvv say even more
          --color <WHEN>       When to use colors [possible values: auto, always, never]
          --no-color           The same as `--color never`

    Values of secrets are not shown. The exit code is 0 if nothing differs, 1 if something does, and 2
    or more
    after an error.
    ");
}

#[test]
fn of_copy() {
    insta::assert_snapshot!(help("copy"), @"
    exit code: 0
    --- stdout ---
    Copy a connection to another backend, scope or name, secrets included

    Usage: connhub copy [OPTIONS] <[BACKEND/][SCOPE/]NAME> <[BACKEND/][SCOPE/][NAME]>

    Arguments:
      <[BACKEND/][SCOPE/]NAME>    The connection to copy
      <[BACKEND/][SCOPE/][NAME]>  Where to; without a name at its end, the copy has the same name

    Options:
          --set <FIELD=VALUE>          Give the copy another value; can be given several times
          --from-env <FIELD=VARIABLE>  Take a field from an environment variable
          --unset <FIELD>              Leave a field out; can be given several times
          --drop-unsupported           Leave out what the target cannot hold, and say so
          --keep-secrets               Copy the secrets although `--set` gives them another address
          --mark-origin                Give the copy the label `connhub-copied-from`, which names the
                                       original
          --display-name <TEXT>        What people call the copy
          --description <TEXT>         What the copy is for
          --label <KEY=VALUE>          A label of the copy; can be given several times
          --if-exists <ACTION>         What to do if the name is taken: report an error, keep what is
                                       there, or replace it [default: fail] [possible values: fail,
                                       keep, replace]
          --dry-run[=<WHERE>]          Check and print what would be written: `client` sends nothing,
                                       `server` lets the target check it [possible values: none, client,
                                       server]
      -h, --help                       Print help

    Global options:
      -b, --backend <NAME>     The backend to work on, or `all` where a command can ask several [env:
                               CONNHUB_BACKEND]
      -n, --namespace <SCOPE>  The project, tenant or folder to work in [env: CONNHUB_SCOPE] [alias:
                               --scope]
          --plugins <FILE>     A further `plugins.toml`, which is read last [env: CONNHUB_PLUGINS]
          --policy <FILE>      A further policy file, which can only narrow [env: CONNHUB_POLICY]
      -o, --output <FORM>      The form of the output: table, wide, json, yaml, name or
                               jsonpath=EXPRESSION
          --json <KEYS>        Print JSON with these keys only, separated by commas
          --no-headers         Leave out the first line of tables
      -q, --quiet              Say nothing but results, warnings and errors
      -v, --verbose...         Say more on stderr; -vv and -vvv say even more
          --color <WHEN>       When to use colors [possible values: auto, always, never]
          --no-color           The same as `--color never`

    A place is `NAME`, `SCOPE/NAME`, `BACKEND/NAME` or `BACKEND/SCOPE/NAME`; `-b` and `-n` stand for
    what it
    leaves out. Secrets go from one backend to the other without being shown. In `--set` they are given
    as
    `FIELD=-` (stdin) or `FIELD=@FILE`.
    ");
}

#[test]
fn of_rotate() {
    insta::assert_snapshot!(help("rotate"), @"
    exit code: 0
    --- stdout ---
    Put new secrets in the place of old ones, here or wherever they are

    Usage: connhub rotate [OPTIONS] <[BACKEND/][SCOPE/]NAME> [FIELD]...

    Arguments:
      <[BACKEND/][SCOPE/]NAME>  The connection
      [FIELD]...                The secrets to replace

    Options:
          --from-env <FIELD=VARIABLE>  Take a new secret from an environment variable
          --everywhere                 Also replace them in every connection of every backend that has
                                       the same secrets
          --no-test                    Do not try the new secrets first
          --dry-run[=<WHERE>]          Only say where they would be replaced [possible values: none,
                                       client, server]
      -h, --help                       Print help

    Global options:
      -b, --backend <NAME>     The backend to work on, or `all` where a command can ask several [env:
                               CONNHUB_BACKEND]
      -n, --namespace <SCOPE>  The project, tenant or folder to work in [env: CONNHUB_SCOPE] [alias:
                               --scope]
          --plugins <FILE>     A further `plugins.toml`, which is read last [env: CONNHUB_PLUGINS]
          --policy <FILE>      A further policy file, which can only narrow [env: CONNHUB_POLICY]
      -o, --output <FORM>      The form of the output: table, wide, json, yaml, name or
                               jsonpath=EXPRESSION
          --json <KEYS>        Print JSON with these keys only, separated by commas
          --no-headers         Leave out the first line of tables
      -q, --quiet              Say nothing but results, warnings and errors
      -v, --verbose...         Say more on stderr; -vv and -vvv say even more
          --color <WHEN>       When to use colors [possible values: auto, always, never]
          --no-color           The same as `--color never`

    The new secret is tried before it replaces the old one: what does not work is refused, and nothing
    changes.
    A new secret is asked for without echo, or given as `FIELD=-` (stdin), `FIELD=@FILE`, `--from-env`
    or
    CONNHUB_SECRET_FIELD. Without FIELD all secrets of the connection are replaced. If one of several
    places
    fails, those before it get the old secret back, and what became of each is said.
    ");
}

#[test]
fn of_import() {
    insta::assert_snapshot!(help("import"), @"
    exit code: 0
    --- stdout ---
    Store the connections of another program, or of a backup

    Usage: connhub import [OPTIONS] <SOURCE> [FILE]

    Arguments:
      <SOURCE>  The program that the connections come from [possible values: aws, rclone, airflow,
                flowfile, dbt, dotenv, backup]
      [FILE]    Its file, or `-` for stdin; by default the one that the program itself would read

    Options:
          --only <NAME>                 Only these connections, separated by commas; by the name that
                                        the source or the table has
          --prefix <PREFIX>             Put this before each name
          --rename <NAME=NEW>           Give a connection another name; can be given several times
      -t, --type <TYPE>                 The type that variables of `dotenv` describe, where several
                                        types have the same
          --if-exists <ACTION>          What to do about a name that another connection has: stop, keep
                                        what is there, or replace it [default: fail] [possible values:
                                        fail, keep, replace]
          --password-command <COMMAND>  A program that prints the password of rclone's configuration, or
                                        the passphrase of a backup [alias: --passphrase-command]
      -i, --identity <FILE>             A file with the identity of age that opens a backup; can be
                                        given several times
          --key <PATH>                  The key of Flowfile's secrets: a file with it, or the folder
                                        that holds `.secret_key`
      -y, --yes                         Do not ask
          --dry-run                     Only show what would be done
      -h, --help                        Print help

    Global options:
      -b, --backend <NAME>     The backend to work on, or `all` where a command can ask several [env:
                               CONNHUB_BACKEND]
      -n, --namespace <SCOPE>  The project, tenant or folder to work in [env: CONNHUB_SCOPE] [alias:
                               --scope]
          --plugins <FILE>     A further `plugins.toml`, which is read last [env: CONNHUB_PLUGINS]
          --policy <FILE>      A further policy file, which can only narrow [env: CONNHUB_POLICY]
      -o, --output <FORM>      The form of the output: table, wide, json, yaml, name or
                               jsonpath=EXPRESSION
          --json <KEYS>        Print JSON with these keys only, separated by commas
          --no-headers         Leave out the first line of tables
      -q, --quiet              Say nothing but results, warnings and errors
      -v, --verbose...         Say more on stderr; -vv and -vvv say even more
          --color <WHEN>       When to use colors [possible values: auto, always, never]
          --no-color           The same as `--color never`

    What is read, and where it is if FILE is not given:
      aws       profiles with keys, in $AWS_CONFIG_FILE and $AWS_SHARED_CREDENTIALS_FILE or in ~/.aws
      rclone    remotes, in $RCLONE_CONFIG or ~/.config/rclone/rclone.conf
      airflow   variables AIRFLOW_CONN_*; FILE is what `airflow connections export` wrote
      flowfile  its catalog, $FLOWFILE_DB_PATH or ~/.flowfile/database/flowfile_catalog.db
      dbt       profiles.yml, in $DBT_PROFILES_DIR, here, or in ~/.dbt
      dotenv    environment variables, in .env
      backup    FILE is what `connhub export --backup` wrote
    What will be done is shown first, and asked about; off a terminal `--yes` is needed. The source is
    only read. The password of rclone is asked for, or taken from --password-command,
    $RCLONE_PASSWORD_COMMAND or $RCLONE_CONFIG_PASS.
    ");
}

#[test]
fn of_adopt() {
    insta::assert_snapshot!(help("adopt"), @"
    exit code: 0
    --- stdout ---
    Make a connection of what is stored in a backend already, without touching its values

    Usage: connhub adopt [OPTIONS] <NAME>

    Arguments:
      <NAME>  The name under which it is stored

    Options:
      -t, --type <TYPE>  What it is, if its values do not tell
          --dry-run      Write nothing; the backend checks it
      -h, --help         Print help

    Global options:
      -b, --backend <NAME>     The backend to work on, or `all` where a command can ask several [env:
                               CONNHUB_BACKEND]
      -n, --namespace <SCOPE>  The project, tenant or folder to work in [env: CONNHUB_SCOPE] [alias:
                               --scope]
          --plugins <FILE>     A further `plugins.toml`, which is read last [env: CONNHUB_PLUGINS]
          --policy <FILE>      A further policy file, which can only narrow [env: CONNHUB_POLICY]
      -o, --output <FORM>      The form of the output: table, wide, json, yaml, name or
                               jsonpath=EXPRESSION
          --json <KEYS>        Print JSON with these keys only, separated by commas
          --no-headers         Leave out the first line of tables
      -q, --quiet              Say nothing but results, warnings and errors
      -v, --verbose...         Say more on stderr; -vv and -vvv say even more
          --color <WHEN>       When to use colors [possible values: auto, always, never]
          --no-color           The same as `--color never`
    ");
}
