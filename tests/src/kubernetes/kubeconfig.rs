use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::serve::{ClientIdentity, Server};

/// How the user of a kubeconfig logs in.
#[derive(Clone)]
pub enum Login {
    /// A bearer token in the file.
    Token(String),
    /// A client certificate in the file. The server has to speak TLS.
    Certificate(ClientIdentity),
    /// A program that prints an `ExecCredential` with this token: `sh`, without files of its own.
    Exec(String),
    /// Nothing.
    Anonymous,
}

/// The text of a kubeconfig with one context, `standin`, in a namespace.
pub fn kubeconfig(server: &Server, namespace: &str, login: &Login) -> String {
    let url = server.url();
    let authority = server.ca_pem().map_or(String::new(), |pem| {
        format!("\n    certificate-authority-data: {}", STANDARD.encode(pem))
    });
    let user = user(login);
    format!(
        "apiVersion: v1
kind: Config
current-context: standin
clusters:
- name: standin
  cluster:
    server: {url}{authority}
contexts:
- name: standin
  context:
    cluster: standin
    namespace: {namespace}
    user: user
users:
- name: user
  user:{user}
"
    )
}

fn user(login: &Login) -> String {
    match login {
        Login::Anonymous => String::from(" {}"),
        Login::Token(token) => format!("\n    token: {token}"),
        Login::Certificate(ClientIdentity { certificate, key }) => format!(
            "\n    client-certificate-data: {}\n    client-key-data: {}",
            STANDARD.encode(certificate),
            STANDARD.encode(key)
        ),
        Login::Exec(token) => {
            let credential = serde_json::json!({
                "apiVersion": "client.authentication.k8s.io/v1",
                "kind": "ExecCredential",
                "status": {"token": token},
            });
            let script = serde_json::json!(format!("printf %s '{credential}'"));
            format!(
                "
    exec:
      apiVersion: client.authentication.k8s.io/v1
      interactiveMode: Never
      command: sh
      args: [\"-c\", {script}]"
            )
        }
    }
}
