//! `~/.aws/config`: one profile and its services section are written, everything else stays byte by byte.
//!
//! The file is read as botocore reads it: a section begins with `[` in the first column, lines that begin with a blank belong to the key
//! above them.

/// A profile that logs in by a command.
#[derive(Clone, Debug)]
pub struct AwsProfile {
    /// Its name; `default` has a section without the word `profile`.
    pub name: String,
    /// The command, quoted.
    pub credential_process: String,
    /// The region.
    pub region: Option<String>,
    /// The address of S3; none for Amazon's.
    pub endpoint: Option<String>,
    /// `path` or `virtual`; none leaves it to the program.
    pub addressing_style: Option<&'static str>,
    /// The certificate authorities.
    pub ca_bundle: Option<String>,
}

/// What happens to a profile that somebody else wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// It stays, and that is an error.
    Kept,
    /// It is taken over, and its own ways to log in are removed.
    TakenOver,
}

/// The profile is there and was not written by this program.
#[derive(Debug, PartialEq, Eq)]
pub struct IsForeign;

/// What the command of a profile of ours has in it.
const OURS: &str = " credential-process ";
/// What the names of our services sections begin with.
const SERVICES: &str = "connhub-";
/// Ways to log in that programs prefer to a command, or that make no sense beside one.
const OTHER_LOGINS: &[&str] = &[
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// A key of a section and what it is to be.
struct Setting<'a> {
    key: &'a str,
    value: Wanted<'a>,
}

enum Wanted<'a> {
    Text(&'a str),
    /// Keys and values below it.
    Nested(&'a str, &'a str),
}

impl AwsProfile {
    /// The file with the profile in it.
    ///
    /// # Errors
    /// There is a profile of this name that somebody else wrote.
    pub fn write_into(&self, text: &str, foreign: Foreign) -> Result<String, IsForeign> {
        let mut file = File::read(text);
        let own = self.services();
        let services = self
            .endpoint
            .as_deref()
            .map(|endpoint| Setting { key: "s3", value: Wanted::Nested("endpoint_url", endpoint) });
        let section = file.section(&self.header());
        if let Some(section) = section {
            if !section.is_ours() {
                if foreign == Foreign::Kept {
                    return Err(IsForeign);
                }
                section.remove(|entry| OTHER_LOGINS.contains(&entry.key()));
            }
            if self.endpoint.is_none() {
                section.remove(|entry| {
                    entry.key() == "services" && entry.value().starts_with(SERVICES)
                });
            }
        }
        file.set(&self.header(), &self.settings(&own));
        match services {
            Some(setting) => file.set(&format!("services {own}"), &[setting]),
            None => file.remove(&format!("services {own}")),
        }
        Ok(file.text())
    }

    fn header(&self) -> String {
        match &*self.name {
            "default" => "default".to_owned(),
            name => format!("profile {name}"),
        }
    }

    fn services(&self) -> String {
        format!("{SERVICES}{}", self.name)
    }

    fn settings<'a>(&'a self, services: &'a str) -> Vec<Setting<'a>> {
        let text = |key, value: Option<&'a str>| {
            value.map(|value| Setting { key, value: Wanted::Text(value) })
        };
        let style = self
            .addressing_style
            .map(|style| Setting { key: "s3", value: Wanted::Nested("addressing_style", style) });
        let settings = [
            text("credential_process", Some(&self.credential_process)),
            text("region", self.region.as_deref()),
            text("services", self.endpoint.is_some().then_some(services)),
            text("ca_bundle", self.ca_bundle.as_deref()),
            style,
        ];
        settings.into_iter().flatten().collect()
    }
}

/// A file as sections, each line with its end.
struct File {
    end: &'static str,
    sections: Vec<Section>,
}

/// A section from its first line to the next; the first one is what stands before all sections.
struct Section {
    name: String,
    header: String,
    entries: Vec<Entry>,
}

/// A key with the lines that belong to it, or a line that is blank or a comment.
struct Entry(String);

impl File {
    fn read(text: &str) -> Self {
        let end = if text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) {
            "\r\n"
        } else {
            "\n"
        };
        let mut sections =
            vec![Section { name: String::new(), header: String::new(), entries: Vec::new() }];
        for line in text.split_inclusive('\n') {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                let name = name
                    .0
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .replace(['"', '\''], "");
                sections.push(Section { name, header: line.to_owned(), entries: Vec::new() });
                continue;
            }
            // The list is never empty.
            let Some(section) = sections.last_mut() else { continue };
            match section.entries.last_mut() {
                Some(entry) if line.starts_with([' ', '\t']) && entry.has_key() => {
                    entry.0.push_str(line)
                }
                _ => section.entries.push(Entry(line.to_owned())),
            }
        }
        Self { end, sections }
    }

    fn section(&mut self, name: &str) -> Option<&mut Section> {
        self.sections.iter_mut().find(|section| section.name == name)
    }

    fn set(&mut self, name: &str, settings: &[Setting<'_>]) {
        let end = self.end;
        if self.section(name).is_none() {
            self.begin(name);
        }
        if let Some(section) = self.section(name) {
            settings.iter().for_each(|setting| section.set(setting, end));
        }
    }

    /// A new section at the end, after a blank line.
    fn begin(&mut self, name: &str) {
        let end = self.end;
        let text = self.text();
        if let Some(section) = self.sections.last_mut() {
            let missing = if text.is_empty() || text.ends_with('\n') { "" } else { end };
            let blank = if text.is_empty() || text.ends_with("\n\n") || text.ends_with("\n\r\n") {
                ""
            } else {
                end
            };
            if !missing.is_empty() || !blank.is_empty() {
                section.entries.push(Entry(format!("{missing}{blank}")));
            }
        }
        let header = format!("[{name}]{end}");
        self.sections.push(Section { name: name.to_owned(), header, entries: Vec::new() });
    }

    fn remove(&mut self, name: &str) {
        self.sections.retain(|section| section.name != name);
    }

    fn text(&self) -> String {
        let lines = self.sections.iter().flat_map(|section| {
            [&section.header].into_iter().chain(section.entries.iter().map(|entry| &entry.0))
        });
        lines.map(String::as_str).collect()
    }
}

impl Section {
    fn is_ours(&self) -> bool {
        let process = self.entries.iter().find(|entry| entry.key() == "credential_process");
        process.is_some_and(|entry| entry.value().contains(OURS))
    }

    fn remove(&mut self, is_unwanted: impl Fn(&Entry) -> bool) {
        self.entries.retain(|entry| !is_unwanted(entry));
    }

    fn set(&mut self, setting: &Setting<'_>, end: &str) {
        let known = self.entries.iter_mut().find(|entry| entry.key() == setting.key);
        match (known, &setting.value) {
            (Some(entry), Wanted::Text(value)) => {
                entry.0 = format!("{} = {value}{end}", setting.key)
            }
            (Some(entry), Wanted::Nested(key, value)) => entry.set_nested(key, value, end),
            (None, Wanted::Text(value)) => self.add(format!("{} = {value}{end}", setting.key), end),
            (None, Wanted::Nested(key, value)) => {
                self.add(format!("{} ={end}  {key} = {value}{end}", setting.key), end);
            }
        }
    }

    /// After the last key, before blank lines and comments that lead over to the next section.
    fn add(&mut self, text: String, end: &str) {
        let place = self.entries.iter().rposition(Entry::has_key).map_or(0, |last| last + 1);
        let before = match place.checked_sub(1) {
            Some(last) => &mut self.entries[last].0,
            None => &mut self.header,
        };
        if !before.ends_with('\n') {
            before.push_str(end);
        }
        self.entries.insert(place, Entry(text));
    }
}

impl Entry {
    fn has_key(&self) -> bool {
        !self.0.starts_with(['#', ';', '\n', '\r', ' ', '\t']) && self.0.contains(['=', ':'])
    }

    fn key(&self) -> &str {
        let key = self.0.split(['=', ':']).next().unwrap_or_default().trim();
        if self.has_key() { key } else { "" }
    }

    fn value(&self) -> &str {
        self.0.split_once(['=', ':']).map_or("", |(_, value)| value.trim())
    }

    fn set_nested(&mut self, key: &str, value: &str, end: &str) {
        let is_it = |line: &str| line.split('=').next().is_some_and(|known| known.trim() == key);
        let mut lines: Vec<String> = self.0.split_inclusive('\n').map(str::to_owned).collect();
        let new = format!("  {key} = {value}{end}");
        match lines.iter().skip(1).position(|line| is_it(line)) {
            Some(place) => lines[place + 1] = new,
            None => {
                if let Some(last) = lines.last_mut().filter(|line| !line.ends_with('\n')) {
                    last.push_str(end);
                }
                lines.push(new);
            }
        }
        self.0 = lines.concat();
    }
}

/// A word of the command, as `shlex` of Python, shells and the SDKs read it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in word.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str) -> AwsProfile {
        AwsProfile {
            name: name.to_owned(),
            credential_process: "/bin/connhub credential-process lake".to_owned(),
            region: Some("us-east-1".to_owned()),
            endpoint: Some("https://minio:9000".to_owned()),
            addressing_style: Some("path"),
            ca_bundle: None,
        }
    }

    const LAKE: &str = "\
[profile lake]
credential_process = /bin/connhub credential-process lake
region = us-east-1
services = connhub-lake
s3 =
  addressing_style = path

[services connhub-lake]
s3 =
  endpoint_url = https://minio:9000
";

    #[test]
    fn a_new_file_and_a_second_time() {
        let once = profile("lake").write_into("", Foreign::Kept).unwrap();
        assert_eq!(once, LAKE);
        assert_eq!(profile("lake").write_into(&once, Foreign::Kept).unwrap(), LAKE);
    }

    #[test]
    fn everything_else_stays_byte_by_byte() {
        let before = "# mine\r\n[default]\r\nregion=eu-central-1\r\n\r\n[profile  other]\r\nrole_arn = x\r\ns3 =\r\n\tsignature_version = s3v4\r\n; end";
        let after = profile("lake").write_into(before, Foreign::Kept).unwrap();
        let added = after.strip_prefix(before).expect("what was there is there");
        assert_eq!(added, format!("\n\n{LAKE}").replace('\n', "\r\n"));
    }

    #[test]
    fn a_profile_of_ours_is_changed_and_keeps_what_was_added() {
        let before = LAKE
            .replace("us-east-1\n", "eu-west-1\noutput = json\n")
            .replace("style = path\n", "style = auto\n  max_concurrent_requests = 5\n")
            + "\n[profile z]\nregion = a\n";
        let after = profile("lake").write_into(&before, Foreign::Kept).unwrap();
        let expected =
            before.replace("eu-west-1", "us-east-1").replace("style = auto", "style = path");
        assert_eq!(after, expected);
        let plain = AwsProfile { endpoint: None, addressing_style: None, ..profile("lake") };
        let after = plain.write_into(&after, Foreign::Kept).unwrap();
        assert!(!after.contains("services") && after.contains("output = json"), "{after}");
        assert!(after.ends_with("[profile z]\nregion = a\n"), "{after}");
    }

    #[test]
    fn a_foreign_profile_is_kept_or_taken_over() {
        let before = "[default]\naws_access_key_id = A\naws_secret_access_key = B\noutput = text\n";
        let written = |foreign| profile("default").write_into(before, foreign);
        assert_eq!(written(Foreign::Kept), Err(IsForeign));
        let after = written(Foreign::TakenOver).unwrap();
        assert!(after.starts_with("[default]\noutput = text\ncredential_process = "), "{after}");
        assert!(!after.contains("aws_"), "{after}");
    }

    #[test]
    fn words_are_quoted_when_they_need_it() {
        assert_eq!(quoted("/usr/bin/connhub"), "/usr/bin/connhub");
        assert_eq!(quoted("a b$c\"d"), "\"a b\\$c\\\"d\"");
    }
}
