use std::collections::BTreeSet;

use super::*;

fn numbered(count: usize) -> Fixture {
    let fixture = Fixture::new();
    let mut store = fixture.store();
    for index in 0..count {
        insert(&mut store, ["a", "b", ""][index % 3], &format!("n{index}")).expect("new");
    }
    fixture
}

/// All keys that a scan in pages of `limit` finds, and the number of pages.
fn pages(store: &Store, selection: &Selection, limit: u32) -> (Vec<Key>, usize) {
    let (mut keys, mut cursor, mut count) = (Vec::new(), None, 0);
    loop {
        let page = store.scan(&space(), selection, cursor.as_deref(), limit).expect("a page");
        count += 1;
        assert!(page.entries.len() <= limit as usize);
        keys.extend(page.entries.into_iter().map(|entry| entry.key));
        cursor = page.cursor;
        if cursor.is_none() {
            return (keys, count);
        }
    }
}

#[test]
pub(super) fn pages_of_every_size_hold_each_record_once() {
    let fixture = numbered(60);
    let store = fixture.store();
    for limit in [1, 2, 7, 20, 59, 60, 61, u32::MAX] {
        let (keys, count) = pages(&store, &Selection::All, limit);
        assert_eq!(keys.len(), 60, "limit {limit}");
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>().len(), 60, "limit {limit}");
        assert_eq!(count, 60_usize.div_ceil(limit as usize), "limit {limit}");
    }
}

/// Full buckets: pages end between them where that leaves them almost full.
#[test]
pub(super) fn pages_of_a_large_store_hold_each_record_once() {
    let fixture = Fixture::new();
    let mut store = fixture.store();
    store.begin_group().expect("nobody else writes");
    for index in 0..2000 {
        insert(&mut store, ["a", "b"][index % 2], &format!("n{index}")).expect("new");
    }
    store.commit_group().expect("the disk has room");
    for (limit, at_most) in [(1, 2000), (15, 200), (100, 25), (500, 5), (1000, 3), (2000, 2)] {
        let (keys, count) = pages(&store, &Selection::All, limit);
        assert_eq!(keys.len(), 2000, "limit {limit}");
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>().len(), 2000, "limit {limit}");
        assert!(count <= at_most, "limit {limit}: {count} pages");
        let (keys, _) = pages(&store, &Selection::Scope("b".to_owned()), limit);
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>().len(), 1000, "limit {limit}");
    }
}

#[test]
pub(super) fn a_scope_selects_exactly_its_records() {
    let fixture = numbered(60);
    let store = fixture.store();
    for (scope, expected) in [("a", 20), ("b", 20), ("", 20), ("c", 0)] {
        for limit in [3, 20, 100] {
            let (keys, _) = pages(&store, &Selection::Scope(scope.to_owned()), limit);
            assert_eq!(keys.len(), expected, "scope {scope}, limit {limit}");
            assert!(keys.iter().all(|key| key.scope == scope));
        }
    }
}

#[test]
pub(super) fn a_scan_goes_on_while_records_come_and_go() {
    let fixture = numbered(30);
    let mut store = fixture.store();
    let first = store.scan(&space(), &Selection::All, None, 10).expect("a page");
    let seen: BTreeSet<Key> = first.entries.iter().map(|entry| entry.key.clone()).collect();
    let last = &first.entries.last().expect("ten").key;
    store.remove(&space(), last, 1).expect("current");
    let rest = store.scan(&space(), &Selection::All, first.cursor.as_deref(), 100).expect("a page");
    assert_eq!(rest.entries.len(), 20);
    assert!(rest.entries.iter().all(|entry| !seen.contains(&entry.key)));
}

#[test]
pub(super) fn senseless_requests_are_refused() {
    let fixture = numbered(1);
    let store = fixture.store();
    let check = |selection, cursor, limit| {
        let refused = store.scan(&space(), &selection, cursor, limit);
        assert!(matches!(refused, Err(VaultError::Invalid { .. } | VaultError::TooLarge { .. })));
    };
    check(Selection::All, None, 0);
    check(Selection::All, Some("nonsense"), 1);
    check(Selection::Scope("s".repeat(254)), None, 1);
}

#[test]
pub(super) fn a_page_is_bounded_in_bytes() {
    let fixture = Fixture::new();
    let mut store = fixture.store();
    for index in 0..20 {
        let public = vec![index; MAX_PUBLIC];
        store.insert(&space(), &key("", &format!("{index}")), &public, &[]).expect("new");
    }
    let page = store.scan(&space(), &Selection::All, None, 100).expect("a page");
    assert_eq!(page.entries.len(), 16);
    let rest = store.scan(&space(), &Selection::All, page.cursor.as_deref(), 100).expect("a page");
    assert_eq!((rest.entries.len(), rest.cursor), (4, None));
}
