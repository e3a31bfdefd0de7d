//! Help, of every command.

use super::*;

#[track_caller]
pub fn help(command: &str) -> Outcome {
    let env = TestEnv::cold();
    let words = command.split_whitespace().chain(["--help"]);
    // Without a home: help must not depend on anything.
    env.command(words).without("CONNHUB_HOME").variable("COLUMNS", "100").run().succeeds()
}

#[test]
fn of_the_program() {
    insta::assert_snapshot!(help(""), @"
    exit code: 0
    --- stdout ---
    One command line for data connections wherever a team keeps them

    Usage: connhub [OPTIONS] <COMMAND>

    Commands:
      create              Store a new connection [alias: add]
      get                 Show connections, without their secrets [alias: show]
      list                List connections [alias: ls]
      update              Change fields of a connection; what is not named stays
      adopt               Make a connection of what is stored in a backend already, without touching its
                          values
      history             Show the past versions of a connection: when it changed, and in which fields
      undo                Bring back what a connection was before its last change, or one that was
                          deleted
      delete              Delete connections [alias: rm]
      apply               Store the connections of files, as often as you like
      diff                Show how connections differ from files; exit code 1 if they do
      copy                Copy a connection to another backend, scope or name, secrets included [alias:
                          cp]
      rotate              Put new secrets in the place of old ones, here or wherever they are
      test                Try whether connections work, from the name of the server to the login
      check               Check login, permissions and platform of a backend
      exec                Run a command with connections in its environment [alias: run]
      env                 Print connections as environment variables
      export              Print the configuration with which another program uses a connection, or write
                          a backup
      import              Store the connections of another program, or of a backup
      inject              Put values into a template with {{ connhub://BACKEND/NAME#FIELD }} in it
      credential-process  Print a connection as the credentials that AWS SDKs ask a program for
      aws                 Set up AWS programs
      resolve             Show where the data of an address is, such as SCHEME://NAME/PATH
      types               List connection types, or show the fields of one [alias: type]
      plugin              Add, check, sign and lock connectors [alias: plugins]
      policy              Look at the administrator's policy: what may run, and what it may touch at
                          most
      trust               Let the `plugins.toml` of a folder count, as it is now
      vault               Look after the local store: its key, new keys, copies
      audit               Read and check the record of what was done
      completion          Print the completion script of a shell
      man                 Print the manual page
      version             Print the version
      help                Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

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

    Exit codes:
      0    done
      1    other failure
      2    wrong usage or invalid input
      3    not found
      4    not authenticated, or forbidden
      5    exists already, changed meanwhile, or in use
      6    unreachable or timed out
      7    a test of a connection failed
      8    refused by policy, grant, signature or integrity check
      9    a connector failed
      130  interrupted
    ");
}

#[test]
fn of_create() {
    insta::assert_snapshot!(help("create"), @"
    exit code: 0
    --- stdout ---
    Store a new connection

    Usage: connhub create [OPTIONS] [NAME] [FIELD=VALUE]...

    Arguments:
      [NAME]            The name of the connection
      [FIELD=VALUE]...  Fields; how secrets are given is explained below

    Options:
      -t, --type <TYPE>                The type of the connection; `connhub types` lists them
      -f, --file <FILE>                Read the connection from a YAML, JSON or TOML file; `-` is stdin
          --from-env <FIELD=VARIABLE>  Take a field from an environment variable
          --secret-stdin <FIELD>       Read this secret from stdin; the same as `FIELD=-`
          --display-name <TEXT>        What people call it
          --description <TEXT>         What it is for
          --label <KEY=VALUE>          A label; can be given several times
          --expires <DAY>              The day from which on it is not to be used: a date such as
                                       `2027-01-31`, a time from now such as `90d`, or `never`
          --dry-run[=<WHERE>]          Check and print what would be written: `client` sends nothing,
                                       `server` lets the backend check it [possible values: none,
                                       client, server]
          --if-exists <ACTION>         What to do if the name is taken: report an error, keep what is
                                       there, or replace it [default: fail] [possible values: fail,
                                       keep, replace]
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

    FIELD=VALUE gives a plain field. A secret is never typed as a value:
      FIELD=-               from stdin, without the line end
      FIELD=@FILE           from a file
      --from-env FIELD=VAR  from an environment variable
      CONNHUB_SECRET_FIELD  from this variable, if it is needed and not given
      (nothing)             asked for without echo, if it is needed, on a terminal
    A plain value that begins with `@`, or is `-`, gets a backslash before it.
    ");
}

#[test]
fn of_get() {
    insta::assert_snapshot!(help("get"), @"
    exit code: 0
    --- stdout ---
    Show connections, without their secrets

    Usage: connhub get [OPTIONS] <NAME>...

    Arguments:
      <NAME>...  The names of the connections

    Options:
          --ignore-not-found  Do not fail if there is none of that name
          --version <NUMBER>  Show what it was in this version; `connhub history NAME` shows which there
                              are
          --reveal [<FIELD>]  Show the secrets, too, or nothing but the value of one field; written
                              after the name
      -h, --help              Print help

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
fn of_list() {
    insta::assert_snapshot!(help("list"), @"
    exit code: 0
    --- stdout ---
    List connections

    Usage: connhub list [OPTIONS]

    Options:
      -A, --all-namespaces       List all projects, tenants or folders that you may see [alias:
                                 --all-scopes]
      -l, --selector <SELECTOR>  Only connections with these labels, such as `env=prod,tier!=test`
          --expiring <TIME>      Only connections that have expired or expire within this time, such as
                                 `30d`
      -t, --type <TYPE>          Only connections of these types, separated by commas
          --sort-by <KEY>        The order of the list; by default namespace and name [possible values:
                                 name, namespace, type, backend, target, status, owner, created,
                                 updated]
          --unsorted             Print each page as it comes, in the order of the backend
      -w, --watch                List again and again, and show what was added, changed or removed
                                 meanwhile
          --interval <TIME>      How long to wait between two lists of `--watch`, such as 500ms, 5s or
                                 1m [default: 5s]
      -h, --help                 Print help

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
fn of_update() {
    insta::assert_snapshot!(help("update"), @"
    exit code: 0
    --- stdout ---
    Change fields of a connection; what is not named stays

    Usage: connhub update [OPTIONS] [NAME] [FIELD=VALUE]...

    Arguments:
      [NAME]            The name of the connection
      [FIELD=VALUE]...  Fields; how secrets are given is explained below

    Options:
      -f, --file <FILE>                Read the connection from a YAML, JSON or TOML file; `-` is stdin
          --from-env <FIELD=VARIABLE>  Take a field from an environment variable
          --secret-stdin <FIELD>       Read this secret from stdin; the same as `FIELD=-`
          --display-name <TEXT>        What people call it
          --description <TEXT>         What it is for
          --label <KEY=VALUE>          A label; can be given several times
          --expires <DAY>              The day from which on it is not to be used: a date such as
                                       `2027-01-31`, a time from now such as `90d`, or `never`
          --dry-run[=<WHERE>]          Check and print what would be written: `client` sends nothing,
                                       `server` lets the backend check it [possible values: none,
                                       client, server]
          --unset <FIELD>              Remove a field; can be given several times
          --unset-label <KEY>          Remove a label; can be given several times
          --if-revision <REVISION>     Change it only if it still has this revision
          --keep-secrets               Leave the stored secrets in place although they will be sent to
                                       another address
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

    FIELD=VALUE gives a plain field. A secret is never typed as a value:
      FIELD=-               from stdin, without the line end
      FIELD=@FILE           from a file
      --from-env FIELD=VAR  from an environment variable
      CONNHUB_SECRET_FIELD  from this variable, if it is needed and not given
      (nothing)             asked for without echo, if it is needed, on a terminal
    A plain value that begins with `@`, or is `-`, gets a backslash before it.
    ");
}

#[test]
fn of_delete() {
    insta::assert_snapshot!(help("delete"), @"
    exit code: 0
    --- stdout ---
    Delete connections

    Usage: connhub delete [OPTIONS] [NAME]...

    Arguments:
      [NAME]...  The names of the connections

    Options:
      -f, --file <FILE>        Delete the connections that a file, a folder of files or stdin (`-`)
                               describes
          --purge              Delete the past versions, too, so that nothing is left of the secrets;
                               `undo` cannot bring them back
      -y, --yes                Do not ask
          --ignore-not-found   Do not fail if there is none of that name
          --detach             Take the connections out of what uses them first, where the backend can
                               do that
          --dry-run[=<WHERE>]  Delete nothing: `client` only looks whether it is there, `server` lets
                               the backend check it [possible values: none, client, server]
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
fn of_check() {
    insta::assert_snapshot!(help("check"), @"
    exit code: 0
    --- stdout ---
    Check login, permissions and platform of a backend

    Usage: connhub check [OPTIONS]

    Options:
          --fix   Also let the backend complete the connections of the scope that lack something
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
fn of_types() {
    insta::assert_snapshot!(help("types"), @"
    exit code: 0
    --- stdout ---
    List connection types, or show the fields of one

    Usage: connhub types [OPTIONS] [TYPE]

    Arguments:
      [TYPE]  The type whose fields are shown

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
fn of_plugin() {
    insta::assert_snapshot!(help("plugin"), @"
    exit code: 0
    --- stdout ---
    Add, check, sign and lock connectors

    Usage: connhub plugin [OPTIONS] <COMMAND>

    Commands:
      list        List connectors, their backends and grants [alias: ls]
      inspect     Show what a component needs, is granted and is made of, and what it can reach at worst
      add         Fetch a component, show what it needs, and configure it with exactly these grants
      update      Fetch a component again and show what is different before it is replaced
      remove      Remove a connector, its backend and its component [alias: rm]
      verify      Check digests, signatures, needs and grants of connectors
      lock        Write the digests of your connectors to `plugins.lock`
      why-denied  Say why a connector may not run, and who could change that
      push        Put a component into a registry, and sign it there
      save        Write a connector with its signatures into one file, for machines without a network
      load        Add a connector from a file of `plugin save`; the same as `plugin add FILE`
      new         Make a project for a connector of your own
      build       Build the component of a project
      dev         Build a project anew whenever it changes, and run a command with it
      test        Try a connector out: what it declares, each operation, secrets, servers that misbehave
      bench       Measure what a connector costs: compiling, loading, calls, memory
      sign        Sign a component: writes FILE.sig
      keygen      Make a pair of keys: PREFIX.key to sign with, PREFIX.pub for those who check
      help        Print this message or the help of the given subcommand(s)

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
fn of_plugin_list() {
    insta::assert_snapshot!(help("plugin list"), @"
    exit code: 0
    --- stdout ---
    List connectors, their backends and grants

    Usage: connhub plugin list [OPTIONS]

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
fn of_plugin_inspect() {
    insta::assert_snapshot!(help("plugin inspect"), @"
    exit code: 0
    --- stdout ---
    Show what a component needs, is granted and is made of, and what it can reach at worst

    Usage: connhub plugin inspect [OPTIONS] <CONNECTOR|FILE>

    Arguments:
      <CONNECTOR|FILE>  The name of a connector, or the path of a component

    Options:
          --markdown  Everything as Markdown, for a ticket
      -h, --help      Print help

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
fn of_policy() {
    insta::assert_snapshot!(help("policy"), @"
    exit code: 0
    --- stdout ---
    Look at the administrator's policy: what may run, and what it may touch at most

    Usage: connhub policy [OPTIONS] <COMMAND>

    Commands:
      show     Show the policy in force: its files and rules
      explain  Show what each rule says about a connector, and what it may do in the end
      check    Check a policy file without using it
      init     Print a policy file with comments, to start from
      help     Print this message or the help of the given subcommand(s)

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
fn of_policy_explain() {
    insta::assert_snapshot!(help("policy explain"), @"
    exit code: 0
    --- stdout ---
    Show what each rule says about a connector, and what it may do in the end

    Usage: connhub policy explain [OPTIONS] <CONNECTOR>

    Arguments:
      <CONNECTOR>  The name of a connector

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
fn of_plugin_lock() {
    insta::assert_snapshot!(help("plugin lock"), @"
    exit code: 0
    --- stdout ---
    Write the digests of your connectors to `plugins.lock`

    Usage: connhub plugin lock [OPTIONS] [CONNECTOR]...

    Arguments:
      [CONNECTOR]...  The connectors to lock; all of your `plugins.toml` if none is named

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
fn of_completion() {
    insta::assert_snapshot!(help("completion"), @"
    exit code: 0
    --- stdout ---
    Print the completion script of a shell

    Usage: connhub completion [OPTIONS] <SHELL>

    Arguments:
      <SHELL>  The shell [possible values: bash, elvish, fish, powershell, zsh]

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
fn of_man() {
    insta::assert_snapshot!(help("man"), @"
    exit code: 0
    --- stdout ---
    Print the manual page

    Usage: connhub man [OPTIONS]

    Options:
          --dir <FOLDER>  Write the pages of all commands into this folder instead
      -h, --help          Print help

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
fn nothing_typed_is_answered_with_help() {
    insta::assert_snapshot!(TestEnv::cold().run([""; 0]), @"
    exit code: 2
    --- stderr ---
    One command line for data connections wherever a team keeps them

    Usage: connhub [OPTIONS] <COMMAND>

    Commands:
      create              Store a new connection [alias: add]
      get                 Show connections, without their secrets [alias: show]
      list                List connections [alias: ls]
      update              Change fields of a connection; what is not named stays
      adopt               Make a connection of what is stored in a backend already, without touching its
                          values
      history             Show the past versions of a connection: when it changed, and in which fields
      undo                Bring back what a connection was before its last change, or one that was
                          deleted
      delete              Delete connections [alias: rm]
      apply               Store the connections of files, as often as you like
      diff                Show how connections differ from files; exit code 1 if they do
      copy                Copy a connection to another backend, scope or name, secrets included [alias:
                          cp]
      rotate              Put new secrets in the place of old ones, here or wherever they are
      test                Try whether connections work, from the name of the server to the login
      check               Check login, permissions and platform of a backend
      exec                Run a command with connections in its environment [alias: run]
      env                 Print connections as environment variables
      export              Print the configuration with which another program uses a connection, or write
                          a backup
      import              Store the connections of another program, or of a backup
      inject              Put values into a template with {{ connhub://BACKEND/NAME#FIELD }} in it
      credential-process  Print a connection as the credentials that AWS SDKs ask a program for
      aws                 Set up AWS programs
      resolve             Show where the data of an address is, such as SCHEME://NAME/PATH
      types               List connection types, or show the fields of one [alias: type]
      plugin              Add, check, sign and lock connectors [alias: plugins]
      policy              Look at the administrator's policy: what may run, and what it may touch at
                          most
      trust               Let the `plugins.toml` of a folder count, as it is now
      vault               Look after the local store: its key, new keys, copies
      audit               Read and check the record of what was done
      completion          Print the completion script of a shell
      man                 Print the manual page
      version             Print the version
      help                Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help
      -V, --version  Print version

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

    Exit codes:
      0    done
      1    other failure
      2    wrong usage or invalid input
      3    not found
      4    not authenticated, or forbidden
      5    exists already, changed meanwhile, or in use
      6    unreachable or timed out
      7    a test of a connection failed
      8    refused by policy, grant, signature or integrity check
      9    a connector failed
      130  interrupted
    ");
}

#[test]
fn the_version_is_one_line() {
    let env = TestEnv::cold();
    let version = env.run(["--version"]).succeeds();
    assert_eq!(version.stdout, format!("connhub {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(env.run(["-V"]).succeeds().stdout, version.stdout);
    insta::assert_snapshot!(env.run(["version"]), @"
    exit code: 0
    --- stdout ---
    connhub [VERSION] (contract 1.1)
    ");
}

#[test]
fn aliases_do_what_they_stand_for() {
    for (alias, command) in [
        ("add", "create"),
        ("new", "create"),
        ("show", "get"),
        ("describe", "get"),
        ("ls", "list"),
        ("rm", "delete"),
        ("remove", "delete"),
    ] {
        assert_eq!(help(alias).stdout, help(command).stdout, "{alias}");
    }
}
