//! Completion scripts and manual pages.

use std::process::{Command, Stdio};

use super::*;

#[test]
fn completion_for_every_shell() {
    let env = TestEnv::cold();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = env.run(["completion", shell]).succeeds().stdout;
        for word in ["connhub", "create", "namespace", "inspect"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    insta::assert_snapshot!(env.run(["completion", "tcsh"]), @"
    exit code: 2
    --- stderr ---
    error: invalid value 'tcsh' for '<SHELL>'
      [possible values: bash, elvish, fish, powershell, zsh]

      tip: a similar value exists: 'zsh'

    For more information, try '--help'.
    ");
}

#[test]
fn bash_understands_its_script() {
    let env = TestEnv::cold();
    let script = env.run(["completion", "bash"]).succeeds().stdout;
    let file = env.file("completion.bash", script);
    let test = format!(
        "source '{}'; COMP_WORDS=(connhub pl); COMP_CWORD=1; _connhub connhub pl connhub; echo \"${{COMPREPLY[@]}}\"",
        file.display()
    );
    let mut bash = Command::new("bash");
    let output = bash.args(["--norc", "-c", &test]).stdin(Stdio::null()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(words.split_whitespace().any(|word| word == "plugin"), "{output:?}");
}

#[test]
fn a_manual_page() {
    let env = TestEnv::cold();
    let page = env.run(["man"]).succeeds().stdout;
    assert!(page.contains(".TH connhub 1"), "{page}");
    for word in ["create", "plugin", "SYNOPSIS"] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn a_folder_of_manual_pages() {
    let env = TestEnv::cold();
    let folder = env.files().join("man1");
    let dir = folder.to_str().unwrap();
    env.run(["man", "--dir", dir]).succeeds();
    let mut pages: Vec<String> = connhub_tests::cli::files_below(&folder)
        .iter()
        .map(|page| page.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    pages.sort();
    insta::assert_snapshot!(pages.join("\n"), @"
    connhub-adopt.1
    connhub-apply.1
    connhub-audit-export.1
    connhub-audit-list.1
    connhub-audit-verify.1
    connhub-audit.1
    connhub-aws-configure.1
    connhub-aws.1
    connhub-check.1
    connhub-completion.1
    connhub-copy.1
    connhub-create.1
    connhub-credential-process.1
    connhub-delete.1
    connhub-diff.1
    connhub-env.1
    connhub-exec.1
    connhub-export.1
    connhub-get.1
    connhub-history.1
    connhub-import.1
    connhub-inject.1
    connhub-list.1
    connhub-man.1
    connhub-plugin-add.1
    connhub-plugin-bench.1
    connhub-plugin-build.1
    connhub-plugin-dev.1
    connhub-plugin-inspect.1
    connhub-plugin-keygen.1
    connhub-plugin-list.1
    connhub-plugin-load.1
    connhub-plugin-lock.1
    connhub-plugin-new.1
    connhub-plugin-push.1
    connhub-plugin-remove.1
    connhub-plugin-save.1
    connhub-plugin-sign.1
    connhub-plugin-test.1
    connhub-plugin-update.1
    connhub-plugin-verify.1
    connhub-plugin-why-denied.1
    connhub-plugin.1
    connhub-policy-check.1
    connhub-policy-explain.1
    connhub-policy-init.1
    connhub-policy-show.1
    connhub-policy.1
    connhub-resolve.1
    connhub-rotate.1
    connhub-test.1
    connhub-trust.1
    connhub-types.1
    connhub-undo.1
    connhub-update.1
    connhub-vault-add-member.1
    connhub-vault-backup.1
    connhub-vault-clear-history.1
    connhub-vault-identity.1
    connhub-vault-init.1
    connhub-vault-lock.1
    connhub-vault-members.1
    connhub-vault-migrate.1
    connhub-vault-recover.1
    connhub-vault-recovery-create.1
    connhub-vault-recovery-remove.1
    connhub-vault-recovery-status.1
    connhub-vault-recovery.1
    connhub-vault-remove-member.1
    connhub-vault-restore.1
    connhub-vault-rotate-key.1
    connhub-vault-set-right.1
    connhub-vault-status.1
    connhub-vault-unlock.1
    connhub-vault-verify.1
    connhub-vault.1
    connhub-version.1
    connhub.1
    ");
}
