//! What holds for all formats.

use super::testing::check;
use super::*;
use crate::model::Secret;

fn text(text: &str) -> Text<'_> {
    Text { name: "f", text }
}

#[test]
fn remotes_of_rclone_become_connections() {
    // As rclone 1.75 writes it; the password is `p w`.
    let config = "\
[lake]
type = s3
provider = Minio
access_key_id = AKIA
secret_access_key = \"\"\"a\"`b\"\"\"
endpoint = http://x:9000
force_path_style = true
upload_cutoff = 5M
hunter = 2

[ft]
type = sftp
host = h
user = u
pass = 1n6wWeteXwIZ6qRVzbx8HThJKQ

[gs]
type = google cloud storage
service_account_credentials = {\"type\":\"service_account\"}
project_number = 12

[az]
type = azureblob
account = acmelake
key = abc

[b]
type = b2
[box]
type = drive
[open]
type = s3
provider = AWS
[env]
type = s3
env_auth = true
[site]
type = http
url = https://example.com
[bad]
type = sftp
pass = hunter2
";
    check(
        &rclone(text(config)).unwrap(),
        &[
            "f:1 lake s3 access_key_id=AKIA endpoint=http://x:9000 path_style=true secret_access_key=!a\"`b (left out: `hunter`)",
            "f:11 ft sftp host=h password=!p w username=u",
            "f:17 gs gcs service_account_key=!{\"type\":\"service_account\"} (left out: `project_id` must be a project id such as `acme-analytics`, in lower case; neither the project's title nor its number)",
            "f:22 az azure-blob account_key=!abc account_name=acmelake",
            "f:27 b: there is no type of connection for remotes of type `b2`",
            "f:29 box: logs in with a token that rclone refreshes, which only rclone can use",
            "f:31 open s3 auth_method=anonymous",
            "f:34 env s3 auth_method=environment",
            "f:37 site uri uri=https://example.com",
            "f:40 bad! `pass` is not obscured as rclone does it",
        ],
    );
}

#[test]
fn an_encrypted_file_of_rclone_is_opened_by_its_password() {
    let sealed = include_str!("testdata/rclone.conf");
    assert!(is_rclone_encrypted(text(sealed)).unwrap());
    let password = Secret::from("pässword".to_owned());
    let opened = rclone_opened(text(sealed), &password).unwrap().unwrap();
    assert_eq!(rclone(text(&opened)).unwrap().entries.len(), 4);
    let wrong = Secret::from("password".to_owned());
    assert_eq!(rclone_opened(text(sealed), &wrong).unwrap().unwrap_err(), WrongPassword);
    let cut = &sealed[..sealed.len() - 8];
    assert!(rclone_opened(text(cut), &password).unwrap().is_err());
    let error = rclone_opened(text("RCLONE_ENCRYPT_V0:\n!"), &password).unwrap_err();
    assert!(error.message.starts_with("f:2: "), "{}", error.message);
    let error = rclone_opened(text("RCLONE_ENCRYPT_V0:\nAAAA"), &password).unwrap_err();
    assert!(error.message.contains("too short"), "{}", error.message);
    assert!(is_rclone_encrypted(text("# c\nRCLONE_ENCRYPT_V9:\n")).is_err());
    assert!(!is_rclone_encrypted(text("[a]\n")).unwrap());
}

#[test]
fn connections_of_airflow_have_many_forms() {
    let json = r#"{
  "pg": {"conn_type": "postgres", "description": "orders", "login": "u", "password": "p", "host": "db", "port": 5432, "schema": "sales", "extra": "{\"sslmode\": \"require\", \"cursor\": \"dictcursor\"}"},
  "lake": {"conn_type": "aws", "login": "AKIA", "password": "s", "extra": {"region_name": "eu-central-1", "endpoint_url": "http://m:9000", "config_kwargs": {"s3": {"addressing_style": "path"}}}},
  "role": {"conn_type": "aws", "extra": {"role_arn": "arn:aws:iam::1:role/x"}},
  "gcp": {"conn_type": "google_cloud_platform", "extra": {"extra__google_cloud_platform__keyfile_dict": {"type": "service_account"}, "extra__google_cloud_platform__project": "acme-analytics"}},
  "uri": "mysql://u:p%40@db:3307/sales",
  "mongo": {"conn_type": "mongo", "login": "u", "password": "p", "host": "m", "port": 27017, "schema": "d", "extra": {"srv": true}},
  "snow": {"conn_type": "snowflake", "login": "u", "password": "pp", "schema": "PUBLIC", "extra": {"account": "acme", "private_key_content": "KEY"}},
  "web": {"conn_type": "http", "host": "example.com", "schema": "https"},
  "secret": {"conn_type": "http", "host": "example.com", "password": "x"},
  "ssh": {"conn_type": "ssh"},
  "broken": {"conn_type": "aws", "extra": "{"}
}"#;
    check(
        &airflow(text(json)).unwrap(),
        &[
            "f:2 pg postgresql database=sales host=db password=!p port=5432 ssl_mode=require username=u (left out: `extra.cursor`)",
            "f:3 lake s3 access_key_id=AKIA endpoint=http://m:9000 path_style=true region=eu-central-1 secret_access_key=!s",
            "f:4 role: assumes a role and holds no secret",
            "f:5 gcp gcs project_id=acme-analytics service_account_key=!{\"type\":\"service_account\"}",
            "f:6 uri mysql database=sales host=db password=!p@ port=3307 username=u",
            "f:7 mongo mongodb database=d nodes=m:27017 password=!p srv=true username=u",
            "f:8 snow snowflake account=acme private_key=!KEY private_key_passphrase=!pp schema=PUBLIC username=u",
            "f:9 web uri uri=https://example.com",
            "f:10 secret: holds a password, which the type `uri` cannot",
            "f:11 ssh: there is no type of connection for `ssh`",
            "f:12 broken! its `extra` is not a JSON object",
        ],
    );
    let yaml = "pg:\n  conn_type: postgres\n  host: db\n  login: u\n  password: p\n  schema: s\n";
    check(
        &airflow(text(yaml)).unwrap(),
        &["f:1 pg postgresql database=s host=db password=!p username=u"],
    );
    let lines = "# c\n\npg=postgres://u:p@db/s\nexport AIRFLOW_CONN_MY_DB='{\"conn_type\":\"postgres\",\"host\":\"h\",\"schema\":\"d\",\"login\":\"u\",\"password\":\"p\"}'\n";
    check(
        &airflow(text(lines)).unwrap(),
        &[
            "f:3 pg postgresql database=s host=db password=!p username=u",
            "f:4 my_db postgresql database=d host=h password=!p username=u",
        ],
    );
    assert!(airflow(text(" \n# c\n")).unwrap().entries.is_empty());
    for (wrong, place) in
        [("{\n\"a\": hunter2}", "f:2: "), ("a=b://c\nhunter2", "f:2: "), ("- hunter2", "f:1: ")]
    {
        let error = airflow(text(wrong)).unwrap_err();
        assert!(
            error.message.starts_with(place) && !error.message.contains("hunter2"),
            "{}",
            error.message
        );
    }
}

#[test]
fn outputs_of_dbt_become_connections() {
    let profiles = "\
config:
  send_anonymous_usage_stats: false
jaffle:
  target: dev
  outputs:
    dev:
      type: postgres
      host: \"{{ env_var('DB_HOST', 'localhost') }}\"
      port: \"{{ env_var('DB_PORT', '5433') | as_number }}\"
      user: u
      password: \"{{ env_var('DBT_ENV_SECRET_PW') }}\"
      dbname: sales
      schema: public
      threads: 4
      sslmode: require
    prod:
      type: snowflake
      account: acme
      user: u
      password: p
      authenticator: username_password_mfa
      warehouse: W
    gone:
      type: postgres
      password: \"{{ env_var('NOT_SET') }}\"
bq:
  outputs:
    only: {type: bigquery, method: service-account, project: acme-analytics, dataset: d, keyfile: /k.json}
broken: {target: x}
file: {outputs: {d: {type: duckdb, path: x.db}}}
";
    let variable = |name: &str| (name == "DBT_ENV_SECRET_PW").then(|| "p w".to_owned());
    check(
        &dbt(text(profiles), &variable).unwrap(),
        &[
            "f:6 jaffle-dev postgresql database=sales host=localhost password=!p w port=5433 schema=public ssl_mode=require username=u",
            "f:16 jaffle-prod snowflake account=acme password=!p username=u warehouse=W",
            "f:23 jaffle-gone! `password` is in the environment variable `NOT_SET`, which is not set",
            "f:28 bq bigquery dataset=d project_id=acme-analytics service_account_key=@/k.json",
            "f:29 broken! it has no `outputs`",
            "f:30 file: is a file on this machine and needs no connection",
        ],
    );
    let error = dbt(text("a: [b\nhunter2: {"), &variable).unwrap_err();
    assert!(
        error.message.starts_with("f:") && !error.message.contains("hunter2"),
        "{}",
        error.message
    );
    assert!(dbt(text(""), &variable).unwrap().entries.is_empty());
}

#[test]
fn variables_tell_what_they_belong_to() {
    let variables = "\
APP_NAME=shop
AWS_ACCESS_KEY_ID=AKIA
AWS_SECRET_ACCESS_KEY='s3/cret+'
AWS_REGION=eu-central-1
S3_ENDPOINT_URL=http://m:9000
DATABASE_URL=postgres://u:p%40@db/sales?sslmode=require&options=x
MC_HOST_other=https://KEY:se/cr@et:tok@minio.example.com
GOOGLE_APPLICATION_CREDENTIALS=/k.json
AIRFLOW_CONN_DB=mysql://a:b@c/d
MONGODB_URI=mongodb+srv://u:p@cluster.example.com/app?authSource=admin
AZURE_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5;EndpointSuffix=core.windows.net
";
    check(
        &dotenv(text(variables), None).unwrap(),
        &[
            "AIRFLOW_CONN_DB db mysql database=d host=c password=!b username=a",
            "f:2 s3 s3 access_key_id=AKIA endpoint=http://m:9000 region=eu-central-1 secret_access_key=!s3/cret+",
            "f:6 postgresql postgresql database=sales host=db password=!p@ ssl_mode=require username=u",
            "f:7 other s3 access_key_id=KEY endpoint=https://minio.example.com secret_access_key=!se/cr@et session_token=!tok",
            "f:8 gcs gcs service_account_key=@/k.json",
            "f:10 mongodb mongodb auth_source=admin database=app nodes=cluster.example.com password=!p srv=true username=u",
            "f:11 azure-blob azure-blob account_key=!a2V5 account_name=acme",
        ],
    );
    let found = dotenv(text("AZURE_STORAGE_ACCOUNT=acme\nAZURE_STORAGE_KEY=k\n"), Some("adls"));
    check(&found.unwrap(), &["f:1 adls adls account_key=!k account_name=acme"]);
    let string = "AZURE_STORAGE_CONNECTION_STRING=AccountName=acme;AccountKey=k==\n";
    let found = dotenv(text(string), Some("adls"));
    check(&found.unwrap(), &["f:1 adls adls account_key=!k== account_name=acme"]);
    let found = dotenv(text("DATABASE_URL=redis://h\nMONGO_URL=x\n"), None);
    check(
        &found.unwrap(),
        &[
            "f:1 DATABASE_URL: there is no type of connection for addresses of `redis`",
            "f:2 MONGO_URL: is no address with a scheme",
        ],
    );
    let found = dotenv(text("A=1\nA=2\n"), None).unwrap();
    assert!(found.entries.is_empty());
    assert!(
        found.remarks[0].starts_with("f:2: the variable is set in line 1"),
        "{:?}",
        found.remarks
    );
}

mod backwards {
    //! What `connhub env` writes is read back as the same connection.

    use super::*;
    use crate::consumers::{Form, Opened, ShellFormat, plan, render};
    use crate::model::{Connection, Field, SecretField};

    /// What quotes, shells and addresses treat in their own ways.
    const SECRET: &str = "a/b+c'\"\\$ {}é";
    const JSON: &str = "{\"type\":\"x\",\"auths\":{}}";

    #[track_caller]
    fn check(type_name: &str, fields: &[(&str, &str)], secrets: &[&str]) {
        let field =
            |(name, value): &(&str, &str)| Field { name: (*name).into(), value: (*value).into() };
        let is_json = |name: &str| ["service_account_key", "dockerconfigjson"].contains(&name);
        let secret = |name: &&str| SecretField {
            name: (*name).into(),
            value: Secret::from(if is_json(name) { JSON } else { SECRET }.to_owned()),
        };
        let connection = Connection {
            name: "my-data".into(),
            type_name: type_name.into(),
            fields: fields.iter().map(field).collect(),
            ..Connection::default()
        };
        let secrets: Vec<SecretField> = secrets.iter().map(secret).collect();
        let mut plan = plan(Opened { connection: &connection, secrets: &secrets });
        plan.set.retain(|variable| variable.form == Form::Text);
        let written = render(ShellFormat::Dotenv, &plan.set, &[]).unwrap();
        let written = std::str::from_utf8(written.expose()).unwrap();
        let found = dotenv(text(written), None).unwrap();
        let [Entry { content: Content::Connection(imported), .. }] = &found.entries[..] else {
            panic!("{type_name}: {found:#?}\n{written}");
        };
        let draft = &imported.draft;
        assert_eq!(draft.type_name, type_name);
        let pair = |field: &Field| (field.name.clone(), field.value.clone().into_bytes());
        let bytes = |secret: &SecretField| (secret.name.clone(), secret.value.expose().to_vec());
        let sorted = |mut all: Vec<(String, Vec<u8>)>| {
            all.sort();
            all
        };
        let visible = |all: &[Field]| sorted(all.iter().map(pair).collect());
        let secret = |all: &[SecretField]| sorted(all.iter().map(bytes).collect());
        assert_eq!(visible(&draft.fields), visible(&connection.fields), "{type_name}\n{written}");
        assert_eq!(secret(&draft.secrets), secret(&secrets), "{type_name}\n{written}");
    }

    #[test]
    fn stores_of_objects() {
        let keys = ("access_key_id", "AKIA");
        let minio =
            [keys, ("endpoint", "http://m:9000"), ("path_style", "true"), ("bucket", "raw")];
        check("s3", &minio, &["secret_access_key"]);
        check("s3", &[keys, ("region", "eu-central-1")], &["secret_access_key", "session_token"]);
        check("s3", &[("auth_method", "anonymous"), ("bucket", "raw")], &[]);
        let account = ("account_name", "acme");
        check("azure-blob", &[account, ("container", "raw")], &["account_key"]);
        check("azure-blob", &[account, ("tenant_id", "t"), ("client_id", "c")], &["client_secret"]);
        let project = ("project_id", "acme-analytics");
        check("gcs", &[("bucket", "raw"), project], &["service_account_key"]);
    }

    #[test]
    fn databases() {
        let (host, database, username) = (("host", "h"), ("database", "d"), ("username", "u"));
        let postgresql = [
            ("host", "::1"),
            ("database", "a b"),
            ("username", "u@x"),
            ("port", "5433"),
            ("ssl_mode", "require"),
            ("schema", "s"),
        ];
        check("postgresql", &postgresql, &["password"]);
        check("redshift", &[host, database, username, ("schema", "s")], &["password"]);
        check("mysql", &[host, database, username], &["password"]);
        check("mssql", &[host, database, username, ("port", "1444")], &["password"]);
        check("oracle", &[host, ("service_name", "d"), username], &["password"]);
        let account = ("account", "acme");
        check("snowflake", &[account, username, ("warehouse", "W")], &["password"]);
        let nodes = ("nodes", "a:1,b:2");
        check("mongodb", &[nodes, username, database, ("auth_source", "admin")], &["password"]);
    }

    #[test]
    fn others() {
        let username = ("username", "u");
        let kafka = [
            ("brokers", "a:1,b:2"),
            ("security_protocol", "SASL_SSL"),
            ("sasl_mechanism", "PLAIN"),
            username,
        ];
        check("kafka", &kafka, &["password"]);
        check("elasticsearch", &[("nodes", "a:1"), username], &["password"]);
        check("opensearch", &[("nodes", "a:1"), username], &["password"]);
        check("oci", &[("host", "quay.io")], &["dockerconfigjson"]);
        check("uri", &[("uri", "https://example.com/a")], &[]);
    }
}
