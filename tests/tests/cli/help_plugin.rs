//! Help of the commands that add, check and sign connectors.

use super::help::help;

#[test]
fn of_plugin_add() {
    insta::assert_snapshot!(help("plugin add"), @"
    exit code: 0
    --- stdout ---
    Fetch a component, show what it needs, and configure it with exactly these grants

    Usage: connhub plugin add [OPTIONS] <SOURCE>

    Arguments:
      <SOURCE>  Where the component is

    Options:
          --name <NAME>            What the connector and its backend are called; by default what the
                                   component is called
          --key <FILE>             A public key that must have signed it, now and whenever it is loaded;
                                   one of several is enough
          --signer <NAME>          A signer of `plugins.toml` who must have signed it; one of several is
                                   enough
          --endpoint <NAME=PLACE>  Where an endpoint is: `kubernetes`, or the address of a service; can
                                   be given several times
          --sha256 <HEX>           The SHA-256 that the component must have
          --ca-file <FILE>         Further certificate authorities of the server, in PEM
      -y, --yes                    Do not ask
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

    SOURCE is a file, a bundle of `plugin save`, `https://HOST/FILE.wasm`, or
    `oci://HOST/REPOSITORY:TAG` of a registry.
    Signatures are looked for beside it: FILE.wasm.sig (openssl, cosign), FILE.wasm.minisig (minisign),
    and where cosign puts them in a registry.
    ");
}

#[test]
fn of_plugin_update() {
    insta::assert_snapshot!(help("plugin update"), @"
    exit code: 0
    --- stdout ---
    Fetch a component again and show what is different before it is replaced

    Usage: connhub plugin update [OPTIONS] <CONNECTOR> [SOURCE]

    Arguments:
      <CONNECTOR>  The connector
      [SOURCE]     Where the component is now; by default where it came from

    Options:
          --sha256 <HEX>    The SHA-256 that the component must have
          --ca-file <FILE>  Further certificate authorities of the server, in PEM
      -y, --yes             Do not ask
      -h, --help            Print help

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

    SOURCE is a file, a bundle of `plugin save`, `https://HOST/FILE.wasm`, or
    `oci://HOST/REPOSITORY:TAG` of a registry.
    Signatures are looked for beside it: FILE.wasm.sig (openssl, cosign), FILE.wasm.minisig (minisign),
    and where cosign puts them in a registry.
    ");
}

#[test]
fn of_plugin_remove() {
    insta::assert_snapshot!(help("plugin remove"), @"
    exit code: 0
    --- stdout ---
    Remove a connector, its backend and its component

    Usage: connhub plugin remove [OPTIONS] <CONNECTOR>

    Arguments:
      <CONNECTOR>  The connector

    Options:
          --with-backends  Remove all its backends, not only the one of its name
      -y, --yes            Do not ask
      -h, --help           Print help

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
fn of_plugin_verify() {
    insta::assert_snapshot!(help("plugin verify"), @"
    exit code: 0
    --- stdout ---
    Check digests, signatures, needs and grants of connectors

    Usage: connhub plugin verify [OPTIONS] [CONNECTOR]...

    Arguments:
      [CONNECTOR]...  The connectors to check; all if none is named

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
fn of_plugin_sign() {
    insta::assert_snapshot!(help("plugin sign"), @"
    exit code: 0
    --- stdout ---
    Sign a component: writes FILE.sig

    Usage: connhub plugin sign [OPTIONS] --key <FILE> <FILE>

    Arguments:
      <FILE>  The component

    Options:
          --key <FILE>  The private key of P-256, in PEM
      -h, --help        Print help

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
fn of_plugin_keygen() {
    insta::assert_snapshot!(help("plugin keygen"), @"
    exit code: 0
    --- stdout ---
    Make a pair of keys: PREFIX.key to sign with, PREFIX.pub for those who check

    Usage: connhub plugin keygen [OPTIONS] --out <PREFIX>

    Options:
          --out <PREFIX>  The beginning of both files' names
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
fn of_trust() {
    insta::assert_snapshot!(help("trust"), @"
    exit code: 0
    --- stdout ---
    Let the `plugins.toml` of a folder count, as it is now

    Usage: connhub trust [OPTIONS] [FILE]

    Arguments:
      [FILE]  The file; by default `plugins.toml` of the current directory

    Options:
          --revoke  Let it count no longer
          --list    List what is trusted
      -y, --yes     Do not ask
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
fn of_plugin_test() {
    insta::assert_snapshot!(help("plugin test"), @"
    exit code: 0
    --- stdout ---
    Try a connector out: what it declares, each operation, secrets, servers that misbehave

    Usage: connhub plugin test [OPTIONS] <CONNECTOR|FILE>

    Arguments:
      <CONNECTOR|FILE>  The name of a connector or backend, or the path of a component

    Options:
          --type <TYPE>          The type of the connections to create; by default the first that can be
                                 made up
          --field <FIELD=VALUE>  A visible field of the connections to create; can be given several
                                 times
          --record <FILE>        Write what was sent and what came back to a file, without secrets
          --replay <FILE>        Play what `--record` wrote: no network, no login
          --junit <FILE>         Write the report as JUnit XML, too
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

    A connector or backend is tried out where it is configured. Only connections with a random name of
    the trial's own are touched, and all of them are deleted again. With `--backend` a FILE takes the
    place of that backend's component. Without it a FILE that needs only the local store gets one that
    is thrown away. The exit code is 0 if nothing failed, and 9 if something did.

    A file of `--record` holds what the connector saw of the backend, but no secret. With `--replay` the
    connector needs no backend: the file says where it works, and answers for it.
    ");
}
