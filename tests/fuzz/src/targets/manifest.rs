//! `-f FILE`: the first byte says how it is called, the rest is the text.

use std::path::Path;

use connhub::cli::check_manifest;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "manifest",
    run,
    words: &[
        "name: x\n",
        "type: s3\n",
        "fields:\n",
        "  bucket: lake\n",
        "secrets:\n",
        "  secret_access_key:\n",
        "    file: key\n",
        "&a ",
        "*a",
        "<<: ",
        "- ",
        "{\"name\":",
        "!!binary ",
        "|\n",
        "---\n",
        "name = \"x\"\n",
        "[fields]\n",
    ],
};

fn run(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let path = match kind % 4 {
        0 => Some(Path::new("/d/x.yaml")),
        1 => Some(Path::new("/d/x.json")),
        2 => Some(Path::new("/d/x.toml")),
        _ => None,
    };
    let Err(error) = check_manifest(text, path) else { return };
    // Whatever it is may be a secret: messages name keys and places, and quote no value.
    for value in
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.starts_with("S3CR3T"))
    {
        assert!(!error.message.contains(value), "{}", error.message);
        assert!(error.hints.iter().all(|hint| !hint.contains(value)), "{:?}", error.hints);
    }
}
