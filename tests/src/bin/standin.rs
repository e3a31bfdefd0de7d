//! Serves one of the stand-ins until its input ends, for demonstrations and for tests that run
//! programs.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use connhub_tests::kubernetes::{Cluster, Login, Options, RealTarget, kubeconfig};
use connhub_tests::serve::{Server, Tls};
use connhub_tests::{dataos, small_store};
use fs_err::os::unix::fs::OpenOptionsExt;

/// Serves a stand-in on a free port, prints `ready URL`, and ends when its input does.
#[derive(Parser)]
#[command(name = "connhub-standin")]
struct Standin {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Subcommand)]
enum Kind {
    /// A Kubernetes API server.
    Kubernetes(KubernetesArgs),
    /// A DataOS.
    Dataos {
        /// Where to write a backend for `plugins.toml`.
        #[arg(long, value_name = "FILE")]
        config_out: Option<PathBuf>,
    },
    /// The store that the templates of `connhub plugin new` talk to.
    Store {
        /// Where to write its token, readable for its owner only.
        #[arg(long, value_name = "FILE")]
        token_out: Option<PathBuf>,
    },
    /// No stand-in: a namespace of its own on a real cluster, which is deleted in the end. Its name is printed instead of an address.
    Scratch {
        /// The kubeconfig of the cluster.
        #[arg(value_name = "FILE")]
        kubeconfig: PathBuf,
    },
}

#[derive(Args)]
struct KubernetesArgs {
    /// Where to write a kubeconfig, readable for its owner only.
    #[arg(long, value_name = "FILE")]
    kubeconfig_out: Option<PathBuf>,
    /// Install OpenShift AI (the default).
    #[arg(long, overrides_with = "no_rhoai")]
    rhoai: bool,
    /// Leave OpenShift AI out.
    #[arg(long)]
    no_rhoai: bool,
    /// Add the API groups of OpenShift.
    #[arg(long)]
    openshift: bool,
    /// Serve HTTPS with a private authority, which the kubeconfig names.
    #[arg(long)]
    tls: bool,
    /// How many data connections the first namespace holds.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    seed: usize,
    /// A namespace. It can be given several times.
    #[arg(long, value_name = "NAME", default_value = "fraud")]
    namespace: Vec<String>,
    /// The user of the kubeconfig: admin, owner, editor, viewer or nobody.
    #[arg(long, value_name = "NAME", default_value = "owner")]
    user: String,
    /// How this user logs in.
    #[arg(long, value_enum, default_value_t = LoginForm::Token)]
    login: LoginForm,
}

#[derive(Clone, Copy, ValueEnum)]
enum LoginForm {
    /// A bearer token.
    Token,
    /// A client certificate; it needs `--tls`.
    Certificate,
    /// A credential program.
    Exec,
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let server = match Standin::parse().kind {
        Kind::Kubernetes(args) => serve_kubernetes(&args)?,
        Kind::Dataos { config_out } => dataos::run(config_out)?,
        Kind::Store { token_out } => small_store::run(token_out.as_deref())?,
        Kind::Scratch { kubeconfig } => {
            return until_the_end(RealTarget::new(kubeconfig).namespace());
        }
    };
    until_the_end(&server.url())
}

/// Says that everything is there, and waits until the input ends.
fn until_the_end(place: &str) -> Outcome<()> {
    let mut output = std::io::stdout();
    writeln!(output, "ready {place}")?;
    output.flush()?;
    std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())?;
    Ok(())
}

fn serve_kubernetes(args: &KubernetesArgs) -> Outcome<Server> {
    let cluster = Cluster::new(Options {
        rhoai: !args.no_rhoai,
        openshift: args.openshift,
        namespaces: args.namespace.clone(),
    });
    let first = &args.namespace[0];
    cluster.seed_secrets(first, args.seed);
    let tls = args.tls.then(Tls::new);
    let login = login(args, &cluster, tls.as_ref())?;
    let server = match tls {
        Some(tls) => Server::start_tls(cluster, tls),
        None => Server::start(cluster),
    };
    if let Some(path) = &args.kubeconfig_out {
        write_private(path, &kubeconfig(&server, first, &login))?;
    }
    Ok(server)
}

fn login(args: &KubernetesArgs, cluster: &Cluster, tls: Option<&Tls>) -> Outcome<Login> {
    let user = &args.user;
    let token = cluster.token(user).ok_or_else(|| format!("there is no user `{user}`"))?;
    Ok(match args.login {
        LoginForm::Token => Login::Token(token),
        LoginForm::Exec => Login::Exec(token),
        LoginForm::Certificate => {
            let tls = tls.ok_or("a client certificate needs `--tls`")?;
            let group = (user == "admin").then_some("system:masters");
            Login::Certificate(tls.client(user, group))
        }
    })
}

/// Writes a file that holds a credential.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}
