use super::*;

const CLUSTERS: &str = "apiVersion: v1\nkind: Config\nclusters:\n\
    - {name: one, cluster: {server: 'https://one:6443'}}\n\
    - {name: bare, cluster: {}}\n\
    - {name: login, cluster: {server: 'https://ann:pw@one'}}\n\
    - {name: ca, cluster: {server: 'https://one', certificate-authority: missing.crt}}\n\
    - {name: noca, cluster: {server: 'https://one', certificate-authority-data: aGVsbG8=}}\n";

const CONTEXTS: &str = "apiVersion: v1\nkind: Config\ncurrent-context: first\ncontexts:\n\
    - {name: first, context: {cluster: one, user: ann, namespace: fraud}}\n\
    - {name: second, context: {cluster: one}}\n\
    - {name: nocluster, context: {cluster: gone}}\n\
    - {name: nouser, context: {cluster: one, user: gone}}\n\
    - {name: old, context: {cluster: one, user: old}}\n\
    - {name: bare, context: {cluster: bare}}\n\
    - {name: login, context: {cluster: login}}\n\
    - {name: ca, context: {cluster: ca}}\n\
    - {name: noca, context: {cluster: noca}}\n\
    users:\n\
    - {name: ann, user: {token: s3cret}}\n\
    - {name: old, user: {auth-provider: {name: gcp, config: {cmd-path: /bin/true}}}}\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("clusters"), CLUSTERS).unwrap();
    fs_err::write(folder.path().join("contexts"), CONTEXTS).unwrap();
    fs_err::write(folder.path().join("broken"), "users:\n- name: [s3cret\n").unwrap();
    folder
}

fn merged(folder: &Path) -> KubernetesTransport {
    let files = ["contexts", "missing", "clusters"].map(|name| folder.join(name));
    KubernetesTransport {
        kubeconfig_env: Some(std::env::join_paths(files).unwrap()),
        ..KubernetesTransport::default()
    }
}

fn check(transport: &KubernetesTransport, message: &str, hint: &str) {
    let error = load(transport).unwrap_err();
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[test]
fn files_are_merged_and_the_context_is_chosen() {
    let folder = folder();
    let loaded = load(&merged(folder.path())).unwrap();
    assert_eq!(loaded.config.cluster_url, "https://one:6443/");
    assert_eq!(loaded.config.default_namespace, "fraud");
    assert!(loaded.config.auth_info.token.is_some());
    let second = KubernetesTransport { context: Some("second".into()), ..merged(folder.path()) };
    let loaded = load(&second).unwrap();
    assert_eq!(loaded.config.default_namespace, "default");
    assert!(loaded.config.auth_info.token.is_none());
}

#[test]
fn the_default_file_is_in_the_home() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".kube");
    fs_err::create_dir(&folder).unwrap();
    fs_err::write(folder.join("config"), format!("{CONTEXTS}{}", &CLUSTERS[28..])).unwrap();
    let transport = KubernetesTransport {
        home: Some(home.path().to_owned()),
        kubeconfig_env: Some("".into()),
        ..KubernetesTransport::default()
    };
    assert_eq!(load(&transport).unwrap().config.default_namespace, "fraud");
}

#[test]
fn what_is_missing_is_said_with_the_file() {
    let folder = folder();
    let with = |context: &str| KubernetesTransport {
        context: Some(context.to_owned()),
        ..merged(folder.path())
    };
    check(&with("third"), "the context `third` is not in", "get-contexts");
    check(&with("nocluster"), "the cluster `gone` is not in", "get-contexts");
    check(&with("nouser"), "the user `gone` is not in", "get-contexts");
    check(&with("bare"), "no `server`", "get-contexts");
    check(&with("login"), "no `server` that is an address", "get-contexts");
    check(&with("ca"), "missing.crt", "kubeconfig");
    check(&with("noca"), "not a certificate", "get-contexts");
    check(&with("old"), "auth provider `gcp`", "credential plugin");
    let named = |name: &str| KubernetesTransport {
        kubeconfig: Some(folder.path().join(name)),
        ..KubernetesTransport::default()
    };
    check(&named("clusters"), "no current context", "get-contexts");
    check(&named("missing"), "missing` cannot be read", "oc login");
    check(&named("broken"), "broken` is not valid", "oc login");
    check(&KubernetesTransport::default(), "there is no kubeconfig", "oc login");
    let listed = KubernetesTransport {
        kubeconfig_env: Some("/nowhere/a:/nowhere/b".into()),
        ..KubernetesTransport::default()
    };
    check(&listed, "/nowhere/a:/nowhere/b", "oc login");
}

#[test]
fn a_pod_without_a_service_account_is_told_so() {
    let transport = KubernetesTransport {
        in_cluster: Some(InCluster { host: "10.0.0.1".into(), port: "443".into() }),
        ..KubernetesTransport::default()
    };
    check(&transport, "service account of this pod", "automountServiceAccountToken");
}
