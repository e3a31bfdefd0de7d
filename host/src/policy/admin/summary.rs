//! What a policy file says, line by line, for people.

use super::ceiling::Ceiling;
use super::file::PolicyFile;
use super::position::{At, Position};

/// One rule of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// Its line.
    pub position: Position,
    /// Its key.
    pub rule: &'static str,
    /// What it says.
    pub text: String,
}

impl PolicyFile {
    /// Every rule of the file in the order of its lines.
    pub fn rules(&self) -> Vec<RuleText> {
        let mut rules: Vec<RuleText> = self.single().into_iter().flatten().collect();
        rules.extend(self.forbid.iter().map(|own| line("forbid", own, own.value.as_str())));
        rules.extend(
            self.revoked_digests.iter().map(|own| line("revoked-digests", own, &own.value)),
        );
        rules
            .extend(self.revoked_keys.iter().map(|own| line("revoked-keys", own, &own.value.text)));
        let key = |key: &super::ListedKey| rule("keys", &key.position, key.name.clone());
        rules.extend(self.keys.values().map(key));
        rules.extend(self.allow.iter().map(|own| rule("allow", &own.position, own.summary())));
        let ceiling = |own: &Ceiling| rule("ceiling", &own.position, own.whole_summary());
        rules.extend(self.ceilings.iter().map(|own| ceiling(own)));
        rules.sort_by_key(|rule| rule.position.line);
        rules
    }

    fn single(&self) -> [Option<RuleText>; 6] {
        let sources = |own: &At<Vec<super::pattern::SourcePrefix>>| {
            let texts: Vec<String> = own.value.iter().map(ToString::to_string).collect();
            rule("sources", &own.position, texts.join(", "))
        };
        [
            self.expires.as_ref().map(|own| line("expires", own, own.value)),
            self.min_connhub.as_ref().map(|own| line("min-connhub", own, &own.value)),
            self.user_connectors.as_ref().map(|own| line("user-connectors", own, own.value)),
            self.audit_required.as_ref().map(|own| line("audit-required", own, own.value)),
            self.signature_required.as_ref().map(|own| line("signature-required", own, own.value)),
            self.sources.as_ref().map(sources),
        ]
    }
}

fn line<T>(key: &'static str, at: &At<T>, text: impl ToString) -> RuleText {
    rule(key, &at.position, text.to_string())
}

fn rule(rule: &'static str, position: &Position, text: String) -> RuleText {
    RuleText { position: position.clone(), rule, text }
}
