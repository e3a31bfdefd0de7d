//! A machine of its own for one command: its `/etc/connhub` is a folder of the test, and nothing else on the computer is touched.
//!
//! The command runs in a private mount namespace, below a root that shows the real one except for `/etc`. Without root it also needs a
//! namespace of users, in which whoever runs the tests is root. Where neither can be made the command fails, and with it the test.

use std::ffi::OsString;
use std::path::Path;

use super::TestEnv;

/// `$1` is an empty folder, `$2` becomes `/etc/connhub`, and the rest is the command.
const SCRIPT: &str = r#"
set -eu
root=$1 connhub=$2
shift 2
here=$(pwd)
mount -t tmpfs -o mode=755 root "$root"
for entry in /*; do
    if [ -L "$entry" ]; then cp -P "$entry" "$root$entry"
    elif [ "$entry" = /etc ]; then mkdir "$root/etc" "$root/.etc"; mount --rbind /etc "$root/.etc"
    elif [ -d "$entry" ]; then mkdir "$root$entry"; mount --rbind "$entry" "$root$entry"
    fi
done
for entry in /etc/*; do
    name=${entry##*/}
    [ "$name" = connhub ] || ln -s "/.etc/$name" "$root/etc/$name"
done
cp -a "$connhub" "$root/etc/connhub"
exec chroot "$root" sh -c 'cd "$1"; shift; exec "$@"' sh "$here" "$@"
"#;

/// The words before a command that runs on such a machine.
pub(super) fn words(env: &TestEnv) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["unshare".into(), "--mount".into()];
    if !rustix::process::geteuid().is_root() {
        words.extend(["--user".into(), "--map-root-user".into()]);
    }
    words.extend(["--".into(), "sh".into(), "-c".into(), SCRIPT.into(), "sh".into()]);
    let folder = |path: &Path| path.as_os_str().to_owned();
    words.extend([folder(&env.machine()), folder(&env.system())]);
    words
}
