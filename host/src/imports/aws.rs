//! Profiles of the AWS command line: `~/.aws/config` and `~/.aws/credentials`, as the AWS SDKs and Tools Reference Guide describes them
//! (Shared config and credentials files).

use std::collections::HashMap;

use super::ini::{Flavor, Section, sections};
use super::record::Record;
use super::rules::Rules;
use super::{Found, Text};
use crate::model::{Error, Secret};

const RULES: &str = include_str!("../../imports/aws.toml");

/// Which of the two files a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// `~/.aws/config`, where the name of a profile stands behind the word `profile`.
    Config,
    /// `~/.aws/credentials`.
    Credentials,
    /// A file that was named: both are read.
    Either,
}

/// The profiles of files. Where several have a value, that of the later file counts; programs of AWS read the credentials last.
///
/// # Errors
/// A line is no part of such a file.
pub fn read(files: &[(File, Text<'_>)]) -> Result<Found, Error> {
    let mut profiles = Profiles::default();
    let mut services = Vec::new();
    for (file, text) in files {
        for section in sections(*text, Flavor::Aws)? {
            let name = section.name.clone();
            match (word_and_name(&name), file) {
                (("profile", name), File::Config | File::Either) if !name.is_empty() => {
                    profiles.add(name, section, *text);
                }
                (("services", name), File::Config | File::Either) if !name.is_empty() => {
                    services.push((name.to_owned(), section.values));
                }
                // Logins, plugins and previews are no profiles.
                ((word, _), File::Config) if word != "default" => {}
                (("sso-session" | "plugins" | "preview", _), File::Either) => {}
                _ => profiles.add(&name, section, *text),
            }
        }
    }
    let rules = Rules::parse(RULES);
    let Profiles { mut records, remarks, .. } = profiles;
    records.iter_mut().for_each(|record| add_services(record, &services));
    Ok(Found { entries: records.into_iter().map(|record| rules.apply(record)).collect(), remarks })
}

/// `profile "a b"` is `profile` and `a b`.
fn word_and_name(section: &str) -> (&str, &str) {
    let (word, name) = section.split_once(char::is_whitespace).unwrap_or((section, ""));
    let name = name.trim();
    let quoted = |quote| name.strip_prefix(quote).and_then(|name| name.strip_suffix(quote));
    (word, quoted('"').or_else(|| quoted('\'')).unwrap_or(name))
}

#[derive(Default)]
struct Profiles {
    records: Vec<Record>,
    places: HashMap<String, usize>,
    remarks: Vec<String>,
}

impl Profiles {
    fn add(&mut self, name: &str, section: Section, text: Text<'_>) {
        let place = text.place(section.line);
        let records = &mut self.records;
        let at = *self.places.entry(name.to_owned()).or_insert_with(|| {
            records.push(Record::new(name, place.clone()));
            records.len() - 1
        });
        let known = &self.records[at].place;
        let is_same_file = known.rsplit_once(':').is_some_and(|(file, _)| file == text.name);
        if is_same_file && *known != place {
            self.remarks.push(format!(
                "{place}: the profile stands in {known} already; the values of both count, the later ones more"
            ));
        }
        for (key, value) in section.values {
            self.records[at].set(&key, value);
        }
    }
}

/// A profile names the section with the settings of its services.
fn add_services(record: &mut Record, services: &[(String, Vec<(String, Secret)>)]) {
    let Some(name) = record.text("services").map(str::to_owned) else { return };
    let settings = services.iter().filter(|(known, _)| *known == name);
    for (key, value) in settings.flat_map(|(_, values)| values) {
        record.set(&format!("services.{key}"), value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, shown};
    use super::*;

    const CONFIG: &str = "\
[default]
region = eu-central-1
output = json
[profile minio]
region = us-east-1
services = local
s3 =
  addressing_style = path
  max_concurrent_requests = 20
[services local]
s3 =
  endpoint_url = http://127.0.0.1:9000
dynamodb =
  endpoint_url = http://127.0.0.1:8000
[profile \"sso user\"]
sso_session = corp
sso_account_id = 1
[sso-session corp]
sso_start_url = https://example.com
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = default
[profile process]
credential_process = /bin/x
[profile bare]
region = x
";
    const CREDENTIALS: &str = "\
[default]
AWS_ACCESS_KEY_ID = AKIADEFAULT
aws_secret_access_key = hunter2/+
[minio]
aws_access_key_id = minio-user
aws_secret_access_key = hunter3
aws_session_token = hunter4
[half]
aws_access_key_id = AKIAHALF
";

    #[test]
    fn profiles_are_put_together_from_both_files() {
        let config = Text { name: "config", text: CONFIG };
        let credentials = Text { name: "credentials", text: CREDENTIALS };
        let found = read(&[(File::Config, config), (File::Credentials, credentials)]).unwrap();
        check(
            &found,
            &[
                "config:1 default s3 access_key_id=AKIADEFAULT region=eu-central-1 secret_access_key=!hunter2/+",
                "config:4 minio s3 access_key_id=minio-user endpoint=http://127.0.0.1:9000 path_style=true region=us-east-1 secret_access_key=!hunter3 session_token=!hunter4",
                "config:15 sso user: logs in by single sign-on and holds no secret",
                "config:20 role: assumes a role and holds no secret; the profile that it starts from is imported by its own name",
                "config:23 process: asks a program for its credentials and holds no secret",
                "config:25 bare: holds no access key",
                "credentials:8 half: has an access key id and no secret access key",
            ],
        );
    }

    #[test]
    fn a_file_that_is_named_may_be_either() {
        let both = format!(
            "{CREDENTIALS}[profile other]\naws_access_key_id = AKIA\naws_secret_access_key = x\n[minio]\nregion=y\n"
        );
        let found = read(&[(File::Either, Text { name: "f", text: &both })]).unwrap();
        assert_eq!(shown(&found).len(), 4);
        assert!(
            found.remarks[0].starts_with("f:13: the profile stands in f:4 already"),
            "{:?}",
            found.remarks
        );
        assert!(read(&[(File::Either, Text { name: "f", text: "" })]).unwrap().entries.is_empty());
    }
}
