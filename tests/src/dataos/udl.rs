/// An address `dataos://DEPOT[/PATH…][?purpose=…]`, or the older `dataos://DEPOT:COLLECTION/DATASET[?acl=…]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Udl {
    pub(super) depot: String,
    /// What follows the depot. Each depot type reads it in its own way.
    pub(super) path: Vec<String>,
    pub(super) purpose: Option<String>,
}

impl Udl {
    pub(super) fn parse(address: &str) -> Option<Udl> {
        let rest = address.strip_prefix("dataos://")?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = place.split(['/', ':']).filter(|part| !part.is_empty());
        let depot = parts.next()?.to_owned();
        let path = parts.map(str::to_owned).collect();
        Some(Udl { depot, path, purpose: purpose(query) })
    }
}

fn purpose(query: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(key, _)| matches!(*key, "purpose" | "acl"));
    found.next().map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |address: &str, expected: Option<(&str, &[&str], Option<&str>)>| {
            let parsed = Udl::parse(address);
            let found = parsed.as_ref().map(|udl| {
                let path: Vec<&str> = udl.path.iter().map(String::as_str).collect();
                (udl.depot.clone(), path, udl.purpose.clone())
            });
            let expected = expected.map(|(depot, path, purpose)| {
                (depot.to_owned(), path.to_vec(), purpose.map(str::to_owned))
            });
            assert_eq!(found, expected, "{address}");
        };
        check("dataos://sales", Some(("sales", &[], None)));
        check("dataos://sales/public/orders", Some(("sales", &["public", "orders"], None)));
        check("dataos://sales/a/b/c?purpose=rw", Some(("sales", &["a", "b", "c"], Some("rw"))));
        check(
            "dataos://icebase:retail/city?acl=r",
            Some(("icebase", &["retail", "city"], Some("r"))),
        );
        check("https://sales", None);
        check("dataos://", None);
    }
}
