//! `connhub env --format dotenv`, read by python-dotenv.

use super::*;

const READ: &str = "
import json, sys
from dotenv import dotenv_values
print(json.dumps(dotenv_values(sys.argv[1], interpolate=False)))
";

#[test]
fn python_dotenv_gets_back_every_byte() {
    let env = TestEnv::new();
    let all: String = (32..=255u8).map(char::from).filter(|c| !c.is_control()).collect();
    let awkward = [
        format!("{} {all}", env.secret("all")),
        "it's \\' \\\\' x".to_owned(),
        "ends with \\".to_owned(),
        "two # three".to_owned(),
        "\"quoted\"".to_owned(),
    ];
    for (index, secret) in awkward.iter().enumerate() {
        let (name, file) = (format!("db{index}"), env.file("password", secret));
        env.run([
            "create",
            &name,
            "--type=postgresql",
            "host=db",
            "database=d",
            "username=o'brien",
            &format!("password=@{}", file.display()),
        ])
        .succeeds();
        let text =
            env.command(["env", &name, "--format", "dotenv"]).revealing().run().succeeds().stdout;
        let file = env.file("variables.env", text);
        let mut python = std::process::Command::new(consumers().join("bin/python"));
        let output = python.args(["-c", READ]).arg(file).output().unwrap();
        let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(read["PGPASSWORD"], *secret);
        assert_eq!((&read["PGUSER"], &read["PGPORT"]), (&"o'brien".into(), &"5432".into()));
    }
}
