//! Masks that a component wishes for: which values of answers hold secrets that it does not want to see.
//!
//! A wish takes something away from the component, so nobody has to be asked before it is granted. It does not bind: a grant that was written
//! before the component had it goes on, and is warned about.

use super::pointer::{BadPointer, PointerPattern, PointerSet};
use super::visible;
use super::{EndpointGrant, EndpointKind, EndpointNeed, Grants, MaskEncoding, Needs};

/// Where a grant masks less than a component wishes: in `mask`, by what it shows, or by how it reads values. A sentence for each. What is granted
/// may mask more.
pub fn unmasked(needs: &Needs, grants: &Grants) -> Vec<String> {
    let pairs = needs.endpoints.iter().filter_map(|need| {
        let grant = grants.endpoints.get(&need.name)?;
        Some((need, grant))
    });
    let warnings = pairs.flat_map(|(need, grant)| {
        [not_masked(need, grant), shown(need, grant), read_otherwise(need, grant)]
    });
    warnings.flatten().collect()
}

fn not_masked(need: &EndpointNeed, grant: &EndpointGrant) -> Option<String> {
    let masked = patterns(&grant.mask);
    let is_masked = |own: &PointerPattern| masked.iter().any(|mask| mask.covers(own));
    let lacking = listed(patterns(&need.mask).iter().filter(|own| !is_masked(own)))?;
    let (name, source) = (&need.name, &grant.source);
    Some(format!(
        "the component wishes that {lacking} in answers of endpoint `{name}` is masked, and its grant ({source}) does not say so: add it to `mask`"
    ))
}

/// A value that is masked on the way down to a wish, or at it, is shown if the last step of the mask is in `visible`, and is no object then.
fn shown(need: &EndpointNeed, grant: &EndpointGrant) -> Option<String> {
    let (wished, masked) = (patterns(&need.mask), patterns(&grant.mask));
    let is_hidden_above = |own: &PointerPattern| {
        masked.iter().any(|mask| mask.covers(own) && mask.depth() < own.depth())
    };
    let is_wished = |entry: &&String| {
        wished.iter().any(|own| visible::may_show_at(entry, own) && !is_hidden_above(own))
    };
    let shown = grant.visible.iter().filter(|entry| !need.visible.contains(entry));
    let shown = listed(shown.filter(is_wished))?;
    let (name, source) = (&need.name, &grant.source);
    Some(format!(
        "the component wishes that {shown} in answers of endpoint `{name}` is masked, and its grant ({source}) shows it: take it out of `visible`"
    ))
}

/// What is read in another way is no handle of the value, and the value itself is not looked for where else it stands. What a cluster masks is base64,
/// whatever is wished.
fn read_otherwise(need: &EndpointNeed, grant: &EndpointGrant) -> Option<String> {
    let is_usual =
        grant.kind == EndpointKind::Kubernetes && grant.mask_encoding == MaskEncoding::Base64;
    let is_same = need.mask_encoding == grant.mask_encoding || is_usual;
    if need.mask.is_empty() || grant.mask.is_empty() || is_same {
        return None;
    }
    let (wished, granted) = (need.mask_encoding.as_str(), grant.mask_encoding.as_str());
    let (name, source) = (&need.name, &grant.source);
    Some(format!(
        "the component says that what is masked in answers of endpoint `{name}` is {wished}, and its grant ({source}) says {granted}: write `mask-encoding = \"{wished}\"`"
    ))
}

/// Whether all of it can be written into a grant.
///
/// # Errors
/// A pointer is none, or there are too many.
pub(super) fn check(needs: &Needs) -> Result<(), BadPointer> {
    for need in &needs.endpoints {
        let patterns: Vec<PointerPattern> =
            need.mask.iter().map(|text| PointerPattern::parse(text)).collect::<Result<_, _>>()?;
        PointerSet::new(patterns.iter().map(|pattern| (pattern, ())))?;
    }
    Ok(())
}

fn patterns(texts: &[String]) -> Vec<PointerPattern> {
    texts.iter().filter_map(|text| PointerPattern::parse(text).ok()).collect()
}

/// Texts in words; none if there is none.
fn listed<T: std::fmt::Display>(texts: impl Iterator<Item = T>) -> Option<String> {
    let texts: Vec<String> = texts.map(|text| format!("`{text}`")).collect();
    (!texts.is_empty()).then(|| texts.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;
    fn needs(mask: &str) -> Result<Needs, crate::policy::NeedsError> {
        Needs::parse(&format!(
            "contract = \"1.0.0\"\n[[endpoint]]\nname = \"api\"\nwhy = \"x\"\nallow = [\"GET /x\"]\nmask = {mask}\n"
        ))
    }

    fn warned(wished: &str, masked: &[&str]) -> Vec<String> {
        let needs = needs(wished).unwrap();
        let grant = EndpointGrant {
            mask: masked.iter().map(|text| (*text).to_owned()).collect(),
            ..EndpointGrant::of(&needs.endpoints[0], EndpointKind::Http, "plugins.toml:9")
        };
        let endpoints = [("api".to_owned(), grant)].into();
        unmasked(&needs, &Grants { endpoints, ..Grants::default() })
    }

    #[test]
    fn what_is_wished_and_not_masked_is_named() {
        let fine: [String; 0] = [];
        assert_eq!(warned("[]", &[]), fine);
        assert_eq!(warned("['/a/*']", &["/a/*"]), fine);
        assert_eq!(warned("['/a/b']", &["/x", "/a/*"]), fine);
        assert_eq!(warned("['/a/*/c']", &["/a/*"]), fine, "what is below a masked value is masked");
        for masked in [&[][..], &["/a/b"], &["/a/*/c"], &["/b/*"]] {
            let text = warned("['/a/*']", masked).join("\n");
            assert!(
                text.contains("`/a/*`") && text.contains("plugins.toml:9"),
                "{masked:?} {text}"
            );
        }
        let needs = needs("['/a']").unwrap();
        assert_eq!(unmasked(&needs, &Grants::default()), fine, "no grant, nothing seen");
    }

    /// What is warned of where a wish is granted but for a change.
    fn changed(wished: &str, change: impl Fn(&mut EndpointGrant)) -> String {
        let needs = needs(wished).unwrap();
        let mut grant =
            EndpointGrant::of(&needs.endpoints[0], EndpointKind::Http, "plugins.toml:9");
        change(&mut grant);
        let endpoints = [("api".to_owned(), grant)].into();
        unmasked(&needs, &Grants { endpoints, ..Grants::default() }).join("\n")
    }

    #[test]
    fn what_is_shown_of_a_wish_is_named() {
        let shown = |wished: &str, masked: &[&str], visible: &[&str]| {
            let text = changed(wished, |grant| {
                grant.mask = masked.iter().map(|text| (*text).to_owned()).collect();
                grant.visible = visible.iter().map(|text| (*text).to_owned()).collect();
            });
            assert!(text.is_empty() || text.contains("plugins.toml:9) shows it"), "{text}");
            text.split_once(" in answers").map(|(before, _)| before.to_owned()).unwrap_or_default()
        };
        let wishes = |names: &str| format!("the component wishes that {names}");
        assert_eq!(shown("['/a/*']", &["/a/*"], &["key", "host"]), wishes("`key` and `host`"));
        assert_eq!(shown("['/a/*']\nvisible = ['host']", &["/a/*"], &["host"]), "");
        assert_eq!(shown("['/a/*']\nvisible = ['host']", &["/a/*"], &["key"]), wishes("`key`"));
        assert_eq!(shown("['/a/key']", &["/a/*"], &["host"]), "", "it is at no wish");
        assert_eq!(shown("['/a/key']", &["/a/*"], &["key"]), wishes("`key`"));
        assert_eq!(shown("['/a/*/key']", &["/a/*"], &["key"]), "", "all of it is masked above");
        assert_eq!(shown("['/a/*']", &["/a/*"], &["/a/key"]), wishes("`/a/key`"));
        assert_eq!(shown("['/a/*']", &["/a/*"], &["/b/key"]), "", "it is elsewhere");
        assert_eq!(shown("['/a/*']", &["/a/*"], &["GET /x /a/*"]), wishes("`GET /x /a/*`"));
        assert_eq!(shown("[]", &["/a/*"], &["key"]), "");
    }

    #[test]
    fn values_that_are_read_otherwise_are_named() {
        let read = |wished: &str, kind: EndpointKind, encoding: MaskEncoding| {
            changed(wished, |grant| (grant.kind, grant.mask_encoding) = (kind, encoding))
        };
        let (text, base64) = ("['/a']", "['/a']\nmask-encoding = 'base64'");
        let (http, cluster) = (EndpointKind::Http, EndpointKind::Kubernetes);
        assert_eq!(read(text, http, MaskEncoding::Text), "");
        assert_eq!(read(base64, http, MaskEncoding::Base64), "");
        assert_eq!(read(text, cluster, MaskEncoding::Base64), "", "as `plugin add` grants it");
        assert_eq!(read("[]", http, MaskEncoding::Base64), "", "nothing is wished");
        assert!(
            read(text, http, MaskEncoding::Base64).ends_with("write `mask-encoding = \"text\"`")
        );
        for kind in [http, cluster] {
            let warned = read(base64, kind, MaskEncoding::Text);
            assert!(warned.ends_with("write `mask-encoding = \"base64\"`"), "{warned}");
            assert!(warned.contains("`api` is base64, and its grant (plugins.toml:9) says text"));
        }
    }

    #[test]
    fn a_wish_that_cannot_be_granted_is_refused() {
        for wrong in ["['secrets']", "['/a~2']"] {
            let error = needs(wrong).unwrap_err();
            assert!(error.to_string().contains("masked"), "{error}");
        }
        let error = needs("[]\nvisible = ['GET /x /a~2']").unwrap_err();
        assert!(error.to_string().contains("has to see"), "{error}");
        let many: Vec<String> = (0..200).map(|number| format!("'/{number}'")).collect();
        assert!(needs(&format!("[{}]", many.join(","))).is_err());
    }

    #[test]
    fn a_grant_of_a_need_masks_what_is_wished_and_a_cluster_always() {
        let wished = needs("['/secrets/*']\nmask-encoding = 'base64'\nvisible = ['host']").unwrap();
        let grant = EndpointGrant::of(&wished.endpoints[0], EndpointKind::Http, "x");
        assert_eq!(grant.mask, ["/secrets/*"]);
        assert_eq!(grant.mask_encoding, crate::policy::MaskEncoding::Base64);
        assert_eq!(grant.visible, ["host"]);
        let grant = EndpointGrant::of(&wished.endpoints[0], EndpointKind::Kubernetes, "x");
        assert_eq!(grant.mask, ["/data/*", "/items/*/data/*", "/stringData/*", "/secrets/*"]);
        assert_eq!(grant.visible, [""; 0], "a wish shows nothing that was masked without it");
    }
}
