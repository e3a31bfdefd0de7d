//! Masks that a component wishes for: which values of answers hold secrets that it does not want to see.
//!
//! A wish takes something away from the component, so nobody has to be asked before it is granted. It does not bind: a grant that was written
//! before the component had it goes on, and is warned about.

use super::pointer::{BadPointer, PointerPattern, PointerSet};
use super::{EndpointNeed, Grants, Needs};

/// What a component wishes to be masked and a grant does not mask, a sentence for each endpoint. What is granted may mask more.
pub fn unmasked(needs: &Needs, grants: &Grants) -> Vec<String> {
    let lacks = |need: &EndpointNeed| {
        let grant = grants.endpoints.get(&need.name)?;
        let lacking = lacking(&need.mask, &grant.mask);
        let (name, source) = (&need.name, &grant.source);
        (!lacking.is_empty()).then(|| {
            format!(
                "the component wishes that {} in answers of endpoint `{name}` is masked, and its grant ({source}) does not say so: add it to `mask`",
                lacking.join(" and ")
            )
        })
    };
    needs.endpoints.iter().filter_map(lacks).collect()
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

fn lacking(wished: &[String], masked: &[String]) -> Vec<String> {
    let masked: Vec<PointerPattern> =
        masked.iter().filter_map(|text| PointerPattern::parse(text).ok()).collect();
    let is_masked = |text: &&String| {
        PointerPattern::parse(text).is_ok_and(|own| masked.iter().any(|mask| mask.covers(&own)))
    };
    wished.iter().filter(|text| !is_masked(text)).map(|text| format!("`{text}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{EndpointGrant, EndpointKind};

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

    #[test]
    fn a_wish_that_cannot_be_granted_is_refused() {
        for wrong in ["['secrets']", "['/a~2']"] {
            let error = needs(wrong).unwrap_err();
            assert!(error.to_string().contains("masked"), "{error}");
        }
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
