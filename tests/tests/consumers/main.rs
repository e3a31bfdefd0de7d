//! Programs that people use, with connections that connhub gives them, against an S3 server that checks signatures: over plain HTTP,
//! and over TLS with a certificate authority of its own.
//!
//! `cargo xtask test` installs the programs of `tests/requirements.txt` and names their folder in `CONNHUB_TEST_CONSUMERS`.

mod dotenv;
mod exec;
mod export;
mod import;
mod process;
mod session;

use std::path::PathBuf;

use connhub_tests::cli::{Outcome, Run, TestEnv};
use connhub_tests::s3::S3Server;
use connhub_tests::serve::Tls;

/// The id of the only key of the server.
const KEY_ID: &str = "AKIAEXAMPLE";
/// What the bucket `raw` holds as `orders.csv`.
const ORDERS: &str = "item,price\napple,1\npear,2\n";

/// A user with a connection `lake` to a server with a bucket.
struct Site {
    env: TestEnv,
    server: S3Server,
}

impl Site {
    fn plain() -> Self {
        Self::new(|secret| S3Server::start(KEY_ID, secret))
    }

    fn tls() -> Self {
        Self::new(|secret| S3Server::start_tls(KEY_ID, secret, Tls::new()))
    }

    fn new(start: impl FnOnce(&str) -> S3Server) -> Self {
        let env = TestEnv::new();
        // Servers hand out keys of letters, digits, `+` and `/`; not every program can take more in one.
        let secret = secret();
        env.watch("secret_access_key", &secret);
        let file = env.file("secret", &secret);
        let server = start(&secret);
        server.put("raw", "orders.csv", ORDERS);
        let mut words = vec![
            "create".to_owned(),
            "lake".to_owned(),
            "--type=s3".to_owned(),
            format!("endpoint={}", server.url()),
            "bucket=raw".to_owned(),
            format!("access_key_id={KEY_ID}"),
            format!("secret_access_key=@{}", file.display()),
            "path_style=true".to_owned(),
        ];
        if let Some(pem) = server.ca_pem() {
            words.push(format!("ca_bundle={}", env.file("ca.pem", pem).display()));
        }
        env.run(words).succeeds();
        Self { env, server }
    }

    /// A command of connhub with the consumers in its path and a home that holds nothing.
    fn command(&self, words: &[&str]) -> Run<'_> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [consumers().join("bin")].into_iter().chain(std::env::split_paths(&path));
        let command = self.env.command(words);
        command
            .variable("PATH", std::env::join_paths(folders).unwrap())
            .variable("HOME", self.env.files())
            .variable("PYTHONDONTWRITEBYTECODE", "1")
            .variable("AWS_EC2_METADATA_DISABLED", "true")
    }

    /// Runs a command within `connhub exec lake`.
    #[track_caller]
    fn exec(&self, words: &[&str]) -> Outcome {
        let all: Vec<&str> = ["exec", "lake", "--"].iter().chain(words).copied().collect();
        self.command(&all).run().succeeds()
    }
}

fn secret() -> String {
    let mut random = [0; 30];
    fs_err::File::open("/dev/urandom")
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut random))
        .unwrap();
    // 40 characters, as those of Amazon, with both of the characters that need care.
    format!(
        "/+{}",
        &base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, random)[2..]
    )
}

fn consumers() -> PathBuf {
    let folder = std::env::var_os("CONNHUB_TEST_CONSUMERS").map(PathBuf::from);
    folder.expect(
        "CONNHUB_TEST_CONSUMERS names the folder of the consumers; `cargo xtask test` sets it",
    )
}
