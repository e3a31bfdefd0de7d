//! `connhub import` from what the programs themselves write, and backups that the program `age` reads and writes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

/// A program of the consumers, or of the system, with a home of its own.
fn program(env: &TestEnv, name: &str) -> Command {
    let ours = consumers().join("bin").join(name);
    let mut command = Command::new(if ours.exists() { ours } else { name.into() });
    command.env_clear().current_dir(env.files()).env("HOME", env.files());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs a program with a text on stdin.
#[track_caller]
fn run(command: &mut Command, stdin: &[u8]) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("`cargo xtask test` installs it");
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[track_caller]
fn revealed(env: &TestEnv, name: &str, field: &str) -> String {
    env.command(["get", name, "--reveal", field]).revealing().run().succeeds().stdout
}

#[test]
fn profiles_that_aws_configure_wrote_log_in() {
    let site = Site::plain();
    let secret = revealed(&site.env, "lake", "secret_access_key");
    let answers = format!("{KEY_ID}\n{secret}\nus-east-1\n\n");
    run(program(&site.env, "aws").args(["configure", "--profile", "mine"]), answers.as_bytes());
    let set = |key: &str, value: &str| {
        let mut aws = program(&site.env, "aws");
        run(aws.args(["configure", "set", key, value, "--profile", "mine"]), b"");
    };
    set("endpoint_url", &site.server.url());
    set("s3.addressing_style", "path");
    site.command(&["import", "aws", "--yes"]).run().succeeds();
    assert_eq!(revealed(&site.env, "mine", "secret_access_key"), secret);
    let words = ["exec", "mine", "--", "aws", "s3", "cp", "s3://raw/orders.csv", "-"];
    assert_eq!(site.command(&words).run().succeeds().stdout, ORDERS);
    let words = ["import", "aws", "--yes", "-o", "json"];
    assert_eq!(site.command(&words).run().succeeds().json()["items"], serde_json::json!([]));
}

#[test]
fn remotes_of_rclone_are_read_obscured_and_encrypted() {
    let env = TestEnv::new();
    let rclone = |words: &[&str], stdin: &str| {
        let mut rclone = program(&env, "rclone");
        run(rclone.args(["--config", "r.conf"]).args(words), stdin.as_bytes())
    };
    let (key, password) = (secret(), env.secret("password"));
    env.watch("key", &key);
    // rclone takes values only as arguments; a file takes those that must not be seen in a list of processes.
    let obscured = String::from_utf8(rclone(&["obscure", "-"], &password)).unwrap();
    env.file(
        "r.conf",
        format!(
            "[lake]\ntype = s3\nprovider = Minio\naccess_key_id = {KEY_ID}\nsecret_access_key = {key}\nendpoint = http://127.0.0.1:9\n\
             [ftp]\ntype = ftp\nhost = example.com\nuser = u\npass = {obscured}\n"
        ),
    );
    // The program itself changes and writes it.
    rclone(&["config", "update", "lake", "region", "eu-central-1"], "");
    env.run(["import", "rclone", "r.conf", "--yes", "--prefix", "clear-"]).succeeds();
    env.file("pass", "words of the file\n");
    rclone(&["config", "encryption", "set", "--password-command", "cat pass"], "");
    let text = fs_err::read_to_string(env.files().join("r.conf")).unwrap();
    assert!(text.contains("RCLONE_ENCRYPT_V0:"));
    env.run(["import", "rclone", "r.conf", "--yes"])
        .fails(2, "nobody can be asked here for the password of rclone's configuration");
    env.run(["import", "rclone", "r.conf", "--yes", "--password-command", "echo wrong"])
        .fails(4, "the password does not open `r.conf`");
    env.run(["import", "rclone", "r.conf", "--yes", "--password-command", "cat pass"]).succeeds();
    for prefix in ["clear-", ""] {
        assert_eq!(revealed(&env, &format!("{prefix}lake"), "secret_access_key"), key);
        assert_eq!(revealed(&env, &format!("{prefix}ftp"), "password"), password);
    }
    let shown = env.run(["get", "lake", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"]["region"], "eu-central-1");
    let mut terminal = env.command(["import", "rclone", "r.conf", "--dry-run"]).on_terminal();
    terminal.waits_for("password of rclone's configuration:");
    terminal.waits_for_hidden_typing();
    terminal.types("wrong\r");
    terminal.waits_for("wrong password");
    terminal.waits_for_hidden_typing();
    terminal.types("words of the file\r");
    terminal.finish().succeeds();
}

#[test]
fn texts_for_other_programs_are_read_back() {
    let site = Site::plain();
    let secret = revealed(&site.env, "lake", "secret_access_key");
    let other = site.env.folder("other");
    for (consumer, name) in [("rclone", "lake"), ("airflow", "lake")] {
        let words = ["export", "lake", "--for", consumer, "--reveal"];
        let text = site.env.command(words).revealing().run().succeeds().stdout;
        site.env.file("text", text);
        let words = ["import", consumer, "text", "--yes", "--if-exists", "replace"];
        site.env.command(words).at_home(&other).run().succeeds();
        let words = ["get", name, "--reveal", "secret_access_key"];
        let read = site.env.command(words).at_home(&other).revealing().run().succeeds().stdout;
        assert_eq!(read, secret, "{consumer}");
        let shown = site.env.command(["get", name, "-o", "json"]).at_home(&other).run();
        assert_eq!(shown.succeeds().json()["fields"]["endpoint"], site.server.url());
    }
    let password = site.env.secret_file("password");
    let password = format!("password=@{}", password.display());
    let words = [
        "create",
        "orders",
        "--type=postgresql",
        "host=db",
        "database=d",
        "username=u",
        "schema=s",
        &password,
    ];
    site.env.run(words).succeeds();
    let text = site.env.run(["export", "orders", "--for", "dbt"]).succeeds().stdout;
    site.env.file("profiles.yml", text);
    let program = connhub_tests::cli::program();
    let words = [
        "exec",
        "orders",
        "--",
        program.to_str().unwrap(),
        "import",
        "dbt",
        "--dry-run",
        "-o",
        "json",
    ];
    let plan =
        site.command(&words).variable("CONNHUB_HOME", site.env.home()).run().succeeds().json();
    assert_eq!(plan["items"][0]["state"], "same", "{plan}");
}

/// Types a line into a program that reads from its terminal, as `age` reads passphrases.
const TYPED: &str = "
import os, pty, sys
typed, count, words = sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(words[0], words)
said = b''
while True:
    try:
        read = os.read(terminal, 1024)
    except OSError:
        break
    if not read:
        break
    said += read
    while count and said.count(b':') > 0:
        said = said.split(b':', 1)[1]
        os.write(terminal, typed + b'\\n')
        count -= 1
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

#[test]
fn backups_are_files_of_age() {
    let site = Site::plain();
    let secret = revealed(&site.env, "lake", "secret_access_key");
    let age = |words: &[&str], stdin: &[u8]| run(program(&site.env, "age").args(words), stdin);
    let key = run(&mut program(&site.env, "age-keygen"), b"");
    site.env.file("id", &key);
    let public = run(program(&site.env, "age-keygen").args(["-y", "id"]), b"");
    let public = String::from_utf8(public).unwrap().trim().to_owned();
    for armor in [&["--armor"][..], &[]] {
        let words = ["export", "--backup", "b.age", "--recipient", &public];
        site.env.run(words.iter().chain(armor)).succeeds();
        let clear = String::from_utf8(age(&["-d", "-i", "id", "b.age"], b"")).unwrap();
        let lines: Vec<serde_json::Value> =
            clear.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["kind"], &lines[0]["version"]), (&"Backup".into(), &1.into()));
        assert_eq!(lines[1]["secretValues"]["secret_access_key"], secret);
        assert_eq!(lines[2]["connections"], 1);
        let other = site.env.folder(if armor.is_empty() { "binary" } else { "armored" });
        site.env.file("again.age", age(&["-r", &public, "-a"], clear.as_bytes()));
        let words = ["import", "backup", "again.age", "-i", "id", "--yes"];
        site.env.command(words).at_home(&other).run().succeeds();
        let words = ["get", "lake", "--reveal", "secret_access_key"];
        let read = site.env.command(words).at_home(&other).revealing().run().succeeds().stdout;
        assert_eq!(read, secret);
    }
    let check = |clear: &str, code: i32, words: &str| {
        site.env.file("odd.age", age(&["-r", &public], clear.as_bytes()));
        site.env.run(["import", "backup", "odd.age", "-i", "id", "--yes"]).fails(code, words);
    };
    check("{\"kind\":\"Backup\",\"version\":2}\n", 2, "odd.age:1: the backup is of version 2");
    check("{\"kind\":\"Backup\",\"version\":1}\n", 2, "odd.age: the backup has no end");
    check("something else", 2, "odd.age:1: it is no line of a backup");
    site.env
        .run(["import", "backup", "odd.age", "--yes"])
        .fails(2, "is encrypted for an identity of age");
    let another = run(&mut program(&site.env, "age-keygen"), b"");
    site.env.file("another", another);
    let words = ["import", "backup", "odd.age", "-i", "another", "--yes"];
    site.env.run(words).fails(4, "is encrypted for none of the identities");
    site.env
        .run(["import", "backup", "odd.age", "-i", "b.age", "--yes"])
        .fails(2, "is no identity file");
}

#[test]
fn a_passphrase_opens_a_backup_in_both_directions() {
    let site = Site::plain();
    let typed = |count: usize, words: &[&str]| {
        let mut python = program(&site.env, "python");
        python.args(["-c", TYPED, "correct horse", &count.to_string(), "age"]);
        run(python.args(words), b"");
    };
    site.env.file("pw", "correct horse\n");
    site.env.run(["export", "--backup", "b.age", "--passphrase-command", "cat pw"]).succeeds();
    typed(1, &["-d", "-o", "clear", "b.age"]);
    let clear = fs_err::read_to_string(site.env.files().join("clear")).unwrap();
    assert!(
        clear.ends_with("{\"apiVersion\":\"connhub/v1\",\"kind\":\"End\",\"connections\":1}\n")
    );
    typed(2, &["-p", "-o", "again.age", "clear"]);
    let words = [
        "import",
        "backup",
        "again.age",
        "--passphrase-command",
        "cat pw",
        "--dry-run",
        "-o",
        "json",
    ];
    let plan = site.env.run(words).succeeds().json();
    assert_eq!(plan["items"][0]["state"], "same");
}
