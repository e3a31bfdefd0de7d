use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::items::{Item, Items, Refusal};
use crate::serve::{Request, Response, Server, Service};

/// The largest body, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// The store. It is a [`Service`] for [`Server`], which remembers all requests.
#[derive(Debug)]
pub struct SmallStore {
    token: String,
    items: Mutex<Items>,
}

impl SmallStore {
    /// An empty store with a token of its own.
    pub fn new() -> Self {
        let mut bytes = [0; 24];
        SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
        Self { token: URL_SAFE_NO_PAD.encode(bytes), items: Mutex::default() }
    }

    /// Serves an empty store on a free port of 127.0.0.1 until the server is dropped.
    pub fn start() -> (Arc<Self>, Server) {
        let store = Arc::new(Self::new());
        let server = Server::start(store.clone());
        (store, server)
    }

    /// The token that it wants as `authorization: Bearer TOKEN`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// An item with its secrets, past the login.
    pub fn item(&self, name: &str) -> Option<Item> {
        self.lock().get(name).ok().cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Items> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_login(&self, request: &Request) -> bool {
        let given = request.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        given == Some(self.token.as_str())
    }

    fn respond(&self, request: &Request) -> Result<Response, Response> {
        if !self.has_login(request) {
            return Err(failure(401, "this needs a token"));
        }
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut items = self.lock();
        match (&request.method, segments.as_slice()) {
            (&Method::GET, ["me"]) => {
                Ok(Response::json(200, &json!({"user": "ann", "version": "1"})))
            }
            (&Method::GET, ["items"]) => list(&items, request),
            (&Method::POST, ["items"]) => {
                items.add(body(request)?).map(|item| one(201, item)).map_err(refused)
            }
            (&Method::GET, ["items", name]) => {
                items.get(name).map(|item| one(200, item)).map_err(refused)
            }
            (&Method::PUT, ["items", name]) => {
                let put = items.put(name, body(request)?);
                put.map(|(is_new, item)| one(if is_new { 201 } else { 200 }, item)).map_err(refused)
            }
            (&Method::PATCH, ["items", name]) => {
                items.change(name, body(request)?).map(|item| one(200, item)).map_err(refused)
            }
            (&Method::DELETE, ["items", name]) => {
                let revision = number(request, "revision")?;
                items.remove(name, revision).map(|()| Response::empty(204)).map_err(refused)
            }
            (_, ["me" | "items"] | ["items", _]) => {
                Err(failure(405, "this path has no such method"))
            }
            _ => Err(failure(404, "there is no such path")),
        }
    }
}

impl Default for SmallStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Service for SmallStore {
    fn answer(&self, request: &Request) -> Response {
        self.respond(request).unwrap_or_else(|failure| failure)
    }

    fn max_body(&self) -> usize {
        MAX_BODY
    }
}

fn list(items: &Items, request: &Request) -> Result<Response, Response> {
    let limit = number(request, "limit")?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let (items, next) = items.page(request.query("after"), limit);
    Ok(Response::json(200, &json!({"items": items, "next": next})))
}

fn one(status: u16, item: &Item) -> Response {
    Response::json(status, &json!(item))
}

fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Response> {
    // A message of the parser may quote the body, and with it a secret.
    serde_json::from_slice(&request.body).map_err(|_| failure(422, "the body is no item"))
}

fn number(request: &Request, name: &str) -> Result<Option<u64>, Response> {
    let parse = |text: &str| text.parse().map_err(|_| failure(422, "a number is none"));
    request.query(name).map(parse).transpose()
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Taken => failure(409, "the name is taken"),
        Refusal::Missing => failure(404, "there is no such item"),
        Refusal::Stale => failure(412, "the item has another revision"),
        Refusal::BadName => failure(422, "a name is 1 to 253 letters, digits, `-`, `_` and `.`"),
    }
}

fn failure(status: u16, message: &str) -> Response {
    Response::json(status, &json!({"error": message}))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::Value;

    use super::*;

    fn ask(store: &SmallStore, request: &str, body: &Value) -> (u16, Value) {
        let (method, target) = request.split_once(' ').unwrap();
        let url = url::Url::parse(&format!("http://localhost{target}")).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {}", store.token()).parse().unwrap());
        let answer = store.answer(&Request {
            method: method.parse().unwrap(),
            path: url.path().to_owned(),
            query: url.query_pairs().into_owned().collect(),
            headers,
            body: Bytes::from(body.to_string()),
            client_certificate: None,
        });
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    fn filled(names: &[&str]) -> SmallStore {
        let store = SmallStore::new();
        for name in names {
            let item =
                json!({"name": name, "type": "s3", "fields": {"a": "1"}, "secrets": {"k": "v"}});
            assert_eq!(ask(&store, "POST /items", &item).0, 201);
        }
        store
    }

    #[test]
    fn a_name_is_taken_once() {
        let store = filled(&["sales"]);
        let (status, answer) = ask(&store, "POST /items", &json!({"name": "sales", "type": "x"}));
        assert_eq!((status, &answer["error"]), (409, &"the name is taken".into()));
        assert_eq!(store.item("sales").unwrap().secrets["k"], "v");
        for bad in
            [json!({"name": "", "type": "x"}), json!({"name": "a%2fb", "type": "x"}), json!([])]
        {
            assert_eq!(ask(&store, "POST /items", &bad).0, 422, "{bad}");
        }
    }

    #[test]
    fn one_item_takes_the_place_of_another() {
        let store = filled(&["sales"]);
        let item = json!({"name": "sales", "type": "x", "revision": 9});
        let (status, now) = ask(&store, "PUT /items/sales", &item);
        assert_eq!((status, &now["revision"], &now["secrets"]), (200, &2.into(), &json!({})));
        assert_eq!(ask(&store, "PUT /items/other", &item).0, 422);
        let other = json!({"name": "other", "type": "x"});
        assert_eq!(ask(&store, "PUT /items/other", &other).0, 201);
    }

    #[test]
    fn pages_follow_one_another() {
        let store = filled(&["a", "b", "c"]);
        let names = |target: &str| {
            let (_, page) = ask(&store, target, &json!(null));
            let names = page["items"].as_array().unwrap().iter().map(|item| item["name"].clone());
            (Value::from(names.collect::<Vec<_>>()), page["next"].clone())
        };
        assert_eq!(names("GET /items"), (json!(["a", "b", "c"]), json!(null)));
        assert_eq!(names("GET /items?limit=2"), (json!(["a", "b"]), json!("b")));
        assert_eq!(names("GET /items?limit=2&after=b"), (json!(["c"]), json!(null)));
        assert_eq!(names("GET /items?limit=3"), (json!(["a", "b", "c"]), json!(null)));
        assert_eq!(ask(&store, "GET /items?limit=many", &json!(null)).0, 422);
    }

    #[test]
    fn a_change_merges_and_counts() {
        let store = filled(&["sales"]);
        let change = json!({"fields": {"a": null, "b": "2"}, "secrets": {"n": "w"}, "revision": 1});
        let (status, item) = ask(&store, "PATCH /items/sales", &change);
        assert_eq!((status, &item["fields"]), (200, &json!({"b": "2"})));
        assert_eq!(
            (&item["secrets"], &item["revision"]),
            (&json!({"k": "v", "n": "w"}), &2.into())
        );
        assert_eq!(ask(&store, "PATCH /items/sales", &change).0, 412);
        assert_eq!(ask(&store, "PATCH /items/other", &change).0, 404);
        assert_eq!(ask(&store, "DELETE /items/sales?revision=1", &json!(null)).0, 412);
        assert_eq!(ask(&store, "DELETE /items/sales?revision=2", &json!(null)).0, 204);
        assert_eq!(ask(&store, "DELETE /items/sales", &json!(null)).0, 404);
    }

    #[test]
    fn nothing_is_answered_without_the_token() {
        let store = filled(&["sales"]);
        let anonymous = |authorization: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("authorization", authorization.parse().unwrap());
            let (method, path) = (Method::GET, "/items/sales".to_owned());
            let (query, body) = (Vec::new(), Bytes::new());
            let request = Request { method, path, query, headers, body, client_certificate: None };
            store.answer(&request).status
        };
        assert_eq!(anonymous(&format!("Bearer {}", store.token())), 200);
        assert_eq!(anonymous("Bearer "), 401);
        assert_eq!(anonymous(&format!("Basic {}", store.token())), 401);
        assert_eq!(ask(&store, "GET /other", &json!(null)).0, 404);
        assert_eq!(ask(&store, "PUT /items", &json!(null)).0, 405);
    }
}
