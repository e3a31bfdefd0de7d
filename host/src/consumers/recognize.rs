//! What a variable says about a connection: [`super::plan`] read backwards.

use super::template::{Backwards, Template};
use crate::model::Secret;
use crate::model::types::TypeSchema;

/// What a variable says about a connection of a type.
#[derive(Debug)]
pub struct Said {
    /// The name of the connection, if it is a part of the variable's.
    pub name: Option<String>,
    /// What is said.
    pub what: What,
}

/// What is said about a connection.
#[derive(Debug)]
pub enum What {
    /// The value of a field.
    Field(String, Secret),
    /// The path of a file with the value of a field.
    File(String),
    /// That there is one of this type.
    Type,
    /// Nothing that other variables do not say better.
    Nothing,
}

/// Everything that a variable says about a connection of this type.
pub fn recognize(schema: &TypeSchema, variable: &str, value: &Secret) -> Vec<Said> {
    let mut said = Vec::new();
    for field in &schema.fields {
        let name = || field.name.clone();
        if field.env.iter().any(|known| known == variable) {
            said.push(Said { name: None, what: What::Field(name(), value.clone()) });
        }
        if field.env_file.iter().any(|known| known == variable) {
            said.push(Said { name: None, what: What::File(name()) });
        }
    }
    for (name, text) in schema.dialects.iter().flat_map(|dialect| &dialect.variables) {
        let [name, text] = [name, text].map(|text| {
            Template::parse(text).expect("the templates are compiled in and a test reads each")
        });
        if let Some(name) = name.named(variable) {
            said.extend(backwards(&text, value).map(|what| Said { name: name.clone(), what }));
        }
    }
    said
}

fn backwards(template: &Template<'_>, value: &Secret) -> impl Iterator<Item = What> {
    let found = std::str::from_utf8(value.expose()).ok().map(|text| template.backwards(text));
    let said = match found {
        Some(Backwards::Fields(fields)) => {
            fields.into_iter().map(|(name, text)| What::Field(name, Secret::from(text))).collect()
        }
        Some(Backwards::Constant) => vec![What::Type],
        Some(Backwards::Nothing) | None => vec![What::Nothing],
    };
    said.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::types::catalog;

    fn check(type_name: &str, variable: &str, value: &str, expected: &[&str]) {
        let schema = catalog::find(type_name).unwrap();
        let said = recognize(schema, variable, &Secret::from(value.to_owned()));
        let shown = said.iter().map(|said| {
            let what = match &said.what {
                What::Field(name, value) => {
                    format!("{name}={}", String::from_utf8_lossy(value.expose()))
                }
                What::File(name) => format!("{name}=@"),
                What::Type => "type".to_owned(),
                What::Nothing => "nothing".to_owned(),
            };
            match &said.name {
                Some(name) => format!("{name}: {what}"),
                None => what,
            }
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{variable}");
    }

    #[test]
    fn variables_are_read_backwards() {
        check("s3", "AWS_ENDPOINT_URL", "http://m:9", &["endpoint=http://m:9"]);
        check("s3", "AWS_S3_ADDRESSING_STYLE", "virtual", &["path_style=false"]);
        check("s3", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "false", &["path_style=true"]);
        check("s3", "AWS_SKIP_SIGNATURE", "true", &["auth_method=anonymous"]);
        check("s3", "AWS_SKIP_SIGNATURE", "false", &["nothing"]);
        check("s3", "RCLONE_NO_CHECK_CERTIFICATE", "true", &["nothing"]);
        check("s3", "RCLONE_CONFIG_MY_LAKE_TYPE", "s3", &["MY_LAKE: type"]);
        check("s3", "RCLONE_CONFIG_MY_LAKE_TYPE", "sftp", &["MY_LAKE: nothing"]);
        check("s3", "RCLONE_CONFIG_MY_LAKE_REGION", "x", &["MY_LAKE: region=x"]);
        check("s3", "DUCKDB_S3_ENDPOINT", "m:9", &["nothing"]);
        check("s3", "PGHOST", "m", &[]);
        check("s3", "RCLONE_CONFIG__TYPE", "s3", &[]);
        check("gcs", "GOOGLE_APPLICATION_CREDENTIALS", "/k", &["service_account_key=@"]);
        check("postgresql", "PGOPTIONS", "-c search_path=a", &["schema=a"]);
        check("postgresql", "PGOPTIONS", "-c x=a", &["nothing"]);
        check("mssql", "SQLCMDSERVER", "h,1433", &["host=h", "port=1433"]);
    }
}
