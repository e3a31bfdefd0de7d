//! What other programs keep their connections in: the first byte says which program it is, the rest is the text.

use connhub::imports::{self, AwsFile, Content, Found, Text};
use connhub::model::types::check_name;
use connhub::model::{Error, Secret};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "imports",
    run,
    words: &[
        "[profile x]\n",
        "[x]\n",
        "aws_access_key_id = AKIA\n",
        "aws_secret_access_key = S3CR+3T\n",
        "s3 =\n  endpoint_url = http://x\n",
        "type = s3\n",
        "pass = ",
        "\"\"\"",
        "RCLONE_ENCRYPT_V0:\n",
        "{\"x\": {\"conn_type\": \"postgres\", ",
        "\"extra\": \"{}\"",
        "postgres://u:S3CR+3T@h:1/d?a=b",
        "x:\n  outputs:\n    y:\n      type: postgres\n",
        "{{ env_var('A', 'b') }}",
        "DATABASE_URL=",
        "MC_HOST_x=",
        "export A='\\''\n",
        "${A}",
        "{\"kind\":\"Backup\",\"version\":1}\n",
        "{\"kind\":\"Connection\",\"name\":\"x\",\"type\":\"s3\"}\n",
        "{\"kind\":\"End\",\"connections\":1}\n",
        "\u{feff}",
    ],
};

fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    if kind % 8 == 7 {
        return check(backup(rest));
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let source = Text { name: "f", text };
    match kind % 8 {
        0 => check(imports::aws(&[(AwsFile::Config, source), (AwsFile::Credentials, source)])),
        1 => check(imports::aws(&[(AwsFile::Either, source)])),
        2 => {
            let password = Secret::from("password".to_owned());
            match imports::is_rclone_encrypted(source) {
                Ok(true) => {
                    check(imports::rclone_opened(source, &password).map(|_| Found::default()))
                }
                Ok(false) => check(imports::rclone(source)),
                Err(error) => check(Err(error)),
            }
        }
        3 => check(imports::airflow(source)),
        4 => check(imports::dbt(source, &|name| (name != "NONE").then(|| format!("of {name}")))),
        5 => check(imports::dotenv(source, None)),
        _ => check(imports::dotenv(source, Some("postgresql"))),
    }
}

fn backup(bytes: &[u8]) -> Result<Found, Error> {
    let mut reading = imports::BackupReading::default();
    let mut found = Found::default();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        found.entries.extend(reading.take("f", line)?);
    }
    reading.end("f")?;
    Ok(found)
}

/// A name that is made is valid, and no message holds what may be a secret.
fn check(found: Result<Found, Error>) {
    match found {
        Ok(found) => {
            found.remarks.iter().for_each(|remark| says_nothing(remark));
            for entry in &found.entries {
                check_name(&imports::derived(&entry.source)).expect("a name that is made is valid");
                entry.remarks.iter().for_each(|remark| says_nothing(remark));
                match &entry.content {
                    Content::Skipped(why) | Content::Broken(why) => says_nothing(why),
                    Content::Connection(_) => {}
                }
            }
        }
        Err(error) => {
            says_nothing(&error.message);
            error.hints.iter().for_each(|hint| says_nothing(hint));
        }
    }
}

fn says_nothing(text: &str) {
    assert!(!text.contains("S3CR+3T"), "{text}");
}
