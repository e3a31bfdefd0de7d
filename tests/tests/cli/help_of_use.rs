//! Help of the commands that use connections.

use super::help::help;

#[test]
fn of_resolve() {
    insta::assert_snapshot!(help("resolve"), @"
    exit code: 0
    --- stdout ---
    Show where the data of an address is, such as SCHEME://NAME/PATH

    Usage: connhub resolve [OPTIONS] <ADDRESS>

    Arguments:
      <ADDRESS>  The address of a connection, and what lies below it

    Options:
      -h, --help  Print help

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

#[test]
fn of_exec() {
    insta::assert_snapshot!(help("exec"), @"
    exit code: 0
    --- stdout ---
    Run a command with connections in its environment

    Usage: connhub exec [OPTIONS] <NAME>... -- <COMMAND>...

    Arguments:
      <NAME>...     The connections, each as NAME or [BACKEND/][SCOPE/]NAME
      <COMMAND>...  The command and its arguments

    Options:
          --only <FIELD|VARIABLE>  Only these fields or variables, separated by commas
          --prefix <PREFIX>        Put this before the name of each variable; `{NAME}` in it is the name
                                   of the connection
          --map <FIELD=VARIABLE>   Put a field into a variable besides the usual ones; `NAME#FIELD` is
                                   the field of one connection
          --mask                   Replace the secrets by *** in what the command prints
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

    Write `--` before the command: connhub exec lake -- aws s3 ls
    The exit code is the command's own, 127 if it does not exist, and 126 if it cannot be run.
    ");
}

#[test]
fn of_env() {
    insta::assert_snapshot!(help("env"), @"
    exit code: 0
    --- stdout ---
    Print connections as environment variables

    Usage: connhub env [OPTIONS] <NAME>...

    Arguments:
      <NAME>...  The connections, each as NAME or [BACKEND/][SCOPE/]NAME

    Options:
          --only <FIELD|VARIABLE>  Only these fields or variables, separated by commas
          --prefix <PREFIX>        Put this before the name of each variable; `{NAME}` in it is the name
                                   of the connection
          --map <FIELD=VARIABLE>   Put a field into a variable besides the usual ones; `NAME#FIELD` is
                                   the field of one connection
      -f, --format <FORMAT>        Who reads the variables [default: sh] [possible values: sh, fish,
                                   powershell, dotenv, json, github]
          --reveal                 Print secrets even if stdout is a terminal
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
    ");
}

#[test]
fn of_export() {
    insta::assert_snapshot!(help("export"), @"
    exit code: 0
    --- stdout ---
    Print the configuration with which another program uses a connection, or write a backup

    Usage: connhub export [OPTIONS] <--for <CONSUMER>|--backup <FILE>> [NAME]...

    Arguments:
      [NAME]...  The connection, as NAME or [BACKEND/][SCOPE/]NAME; a backup takes several, or all

    Options:
          --for <CONSUMER>                The program [possible values: polars, pandas, pyarrow, delta,
                                          iceberg, duckdb, spark, rclone, s5cmd, mc, dbt, airflow,
                                          terraform, k8s, flowfile]
          --reveal                        Write secrets into the text instead of references to variables
          --backup <FILE>                 Write all connections with their secrets into an encrypted
                                          file; `-` is stdout
          --recipient <age1…>             Encrypt the backup for this recipient of age instead of a
                                          passphrase; can be given several times
          --passphrase-command <COMMAND>  A program that prints the passphrase of the backup [alias:
                                          --password-command]
      -a, --armor                         Write the backup as text
      -h, --help                          Print help

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

    Without NAME a backup holds all connections of the backend, in all of its scopes or in that of
    `-n`; with `--backend all` those of all backends. It is a file of age (age-encryption.org), which
    `connhub import backup FILE` reads. Its passphrase is asked for, unless --passphrase-command or
    --recipient is given.
    ");
}

#[test]
fn of_inject() {
    insta::assert_snapshot!(help("inject"), @"
    exit code: 0
    --- stdout ---
    Put values into a template with {{ connhub://BACKEND/NAME#FIELD }} in it

    Usage: connhub inject [OPTIONS]

    Options:
      -i, --in-file <FILE>   The template; stdin if none is named
          --out-file <FILE>  The file to write, which only you can read; stdout if none is named
          --reveal           Print secrets even if stdout is a terminal
      -h, --help             Print help

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

#[test]
fn of_credential_process() {
    insta::assert_snapshot!(help("credential-process"), @"
    exit code: 0
    --- stdout ---
    Print a connection as the credentials that AWS SDKs ask a program for

    Usage: connhub credential-process [OPTIONS] <NAME>

    Arguments:
      <NAME>  The connection, as NAME or [BACKEND/][SCOPE/]NAME

    Options:
          --reveal  Print the secrets even if stdout is a terminal
      -h, --help    Print help

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

#[test]
fn of_aws() {
    insta::assert_snapshot!(help("aws"), @"
    exit code: 0
    --- stdout ---
    Set up AWS programs

    Usage: connhub aws [OPTIONS] <COMMAND>

    Commands:
      configure  Write a profile that logs in with a connection
      help       Print this message or the help of the given subcommand(s)

    Options:
      -h, --help  Print help

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

#[test]
fn of_aws_configure() {
    insta::assert_snapshot!(help("aws configure"), @"
    exit code: 0
    --- stdout ---
    Write a profile that logs in with a connection

    Usage: connhub aws configure [OPTIONS] <NAME>

    Arguments:
      <NAME>  The connection, as NAME or [BACKEND/][SCOPE/]NAME

    Options:
          --profile <PROFILE>  The name of the profile; by default that of the connection
          --config <FILE>      The file [env: AWS_CONFIG_FILE] [default: ~/.aws/config]
          --force              Take over a profile that somebody else wrote: its own ways to log in are
                               removed
      -h, --help               Print help

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

#[test]
fn of_test() {
    insta::assert_snapshot!(help("test"), @"
    exit code: 0
    --- stdout ---
    Try whether connections work, from the name of the server to the login

    Usage: connhub test [OPTIONS] [NAME]...

    Arguments:
      [NAME]...  The connections, each as NAME or [BACKEND/][SCOPE/]NAME

    Options:
      -f, --file <FILE>            Test what a file, a folder of files or stdin (`-`) describes, before
                                   it is stored
          --allow-literal-secrets  Take secrets that stand in the files themselves
          --all                    Test all connections of the backend, in the namespace that is worked
                                   in
          --timeout <TIME>         How long each test may take, such as 500ms, 10s or 1m [default: 10s]
          --record                 Have the backend keep the result, where it has a place for it
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

    What is tried, as far as the type allows: address, resolve (the name), connect (TCP), tls (the
    certificate), protocol, credential (the login), target (the bucket, database or file). Each is `ok`,
    `failed` or `not-testable`. Nothing is created or changed, no redirect is followed, and no metadata
    service of a cloud is asked. The exit code is 7 if a test failed, and 0 if something could only not
    be tried.
    ");
}
