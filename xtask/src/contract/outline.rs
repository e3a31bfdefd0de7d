//! What a version of the contract promises, item by item, in a form that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use semver::Version;
use wit_parser::{
    Function, FunctionKind, Handle, Interface, InterfaceId, PackageId, Resolve, Span, Stability,
    Type, TypeDef, TypeDefKind, TypeId, TypeOwner, World, WorldItem, WorldKey,
};

/// A package of WIT.
pub struct Outline {
    pub version: Version,
    /// By path: `interface log`, `log.write`, `types.error`, `world connector`.
    pub items: BTreeMap<String, Item>,
    /// The interfaces that a component exports.
    exported: BTreeSet<String>,
}

/// Something that has a name in a package.
pub struct Item {
    /// What it is: `function`, `record`, `world`.
    pub kind: &'static str,
    /// What it consists of, in the order in which it is written.
    pub parts: Vec<Part>,
    /// The interface that it belongs to; none for worlds and for interfaces themselves.
    pub interface: Option<String>,
    /// What `@since` says.
    pub since: Option<Version>,
    /// File and line, as `wit-parser` prints them.
    pub place: String,
}

/// A parameter, field, case, import and the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is called, with its sort: `parameter \`name\``.
    pub name: String,
    /// Its type; empty where it has none.
    pub shape: String,
    /// What `@since` says. Only parts of worlds can have it.
    pub since: Option<Version>,
}

impl Outline {
    /// The outline of a package that was parsed. The package needs a version.
    pub fn of(resolve: &Resolve, package: PackageId) -> Result<Self> {
        let name = &resolve.packages[package].name;
        let version = name.version.clone();
        let version = version.with_context(|| format!("the package `{name}` has no version"))?;
        let reader = Reader { resolve, package };
        let mut outline = Self { version, items: BTreeMap::new(), exported: BTreeSet::new() };
        for (name, id) in &resolve.packages[package].interfaces {
            reader.interface(name, &resolve.interfaces[*id], &mut outline.items);
        }
        for (name, id) in &resolve.packages[package].worlds {
            let world = &resolve.worlds[*id];
            outline.items.insert(format!("world {name}"), reader.world(world));
            outline.exported.extend(reader.exports(world));
        }
        Ok(outline)
    }

    /// Whether a component, not the host, provides what is in an interface.
    pub fn exports(&self, interface: &str) -> bool {
        self.exported.contains(interface)
    }
}

struct Reader<'a> {
    resolve: &'a Resolve,
    package: PackageId,
}

impl Reader<'_> {
    fn interface(&self, name: &str, interface: &Interface, items: &mut BTreeMap<String, Item>) {
        let of_interface = |item: Item| Item { interface: Some(name.to_owned()), ..item };
        let itself = self.item("interface", Vec::new(), &interface.stability, interface.span);
        items.insert(format!("interface {name}"), itself);
        for (type_name, id) in &interface.types {
            let item = of_interface(self.type_definition(&self.resolve.types[*id]));
            items.insert(format!("{name}.{type_name}"), item);
        }
        for (function_name, function) in &interface.functions {
            let parts = self.signature(function);
            let kind = kind_of_function(&function.kind);
            let item = self.item(kind, parts, &function.stability, function.span);
            items.insert(format!("{name}.{function_name}"), of_interface(item));
        }
    }

    fn item(
        &self,
        kind: &'static str,
        parts: Vec<Part>,
        stability: &Stability,
        span: Span,
    ) -> Item {
        let place = self.resolve.render_location(span);
        Item { kind, parts, interface: None, since: since(stability), place }
    }

    fn type_definition(&self, definition: &TypeDef) -> Item {
        let (kind, parts) = self.definition(&definition.kind);
        self.item(kind, parts, &definition.stability, definition.span)
    }

    fn definition(&self, kind: &TypeDefKind) -> (&'static str, Vec<Part>) {
        match kind {
            TypeDefKind::Record(record) => {
                let part =
                    |field: &wit_parser::Field| part("field", &field.name, self.shape(&field.ty));
                ("record", record.fields.iter().map(part).collect())
            }
            TypeDefKind::Variant(variant) => {
                let part = |case: &wit_parser::Case| {
                    part("case", &case.name, self.optional(case.ty.as_ref()))
                };
                ("variant", variant.cases.iter().map(part).collect())
            }
            TypeDefKind::Enum(cases) => {
                let names = cases.cases.iter();
                ("enum", names.map(|case| part("case", &case.name, String::new())).collect())
            }
            TypeDefKind::Flags(flags) => {
                let names = flags.flags.iter();
                ("flags", names.map(|flag| part("flag", &flag.name, String::new())).collect())
            }
            TypeDefKind::Resource => ("resource", Vec::new()),
            other => ("type", vec![whole("the type", self.anonymous(other))]),
        }
    }

    fn signature(&self, function: &Function) -> Vec<Part> {
        let parameters = function.params.iter();
        let mut parts: Vec<_> = parameters
            .map(|parameter| part("parameter", &parameter.name, self.shape(&parameter.ty)))
            .collect();
        if let Some(result) = &function.result {
            parts.push(whole("the result", self.shape(result)));
        }
        parts
    }

    fn world(&self, world: &World) -> Item {
        let imports = world.imports.iter().map(|item| self.world_part("import", item));
        let exports = world.exports.iter().map(|item| self.world_part("export", item));
        let mut parts: Vec<_> = imports.chain(exports).collect();
        // The order of imports and exports is nobody's business.
        parts.sort_by(|one, other| one.name.cmp(&other.name));
        self.item("world", parts, &world.stability, world.span)
    }

    fn world_part(&self, sort: &str, (key, item): (&WorldKey, &WorldItem)) -> Part {
        let (shape, stability) = match item {
            WorldItem::Interface { id, stability, .. } => {
                let own = &self.resolve.interfaces[*id].stability;
                (String::new(), if stability.is_unknown() { own } else { stability })
            }
            WorldItem::Function(function) => {
                let parts = self.signature(function);
                let parts = parts.iter().map(|part| format!("{}: {}", part.name, part.shape));
                (parts.collect::<Vec<_>>().join(", "), &function.stability)
            }
            WorldItem::Type { id, .. } => {
                let definition = &self.resolve.types[*id];
                let (kind, parts) = self.definition(&definition.kind);
                let parts = parts.iter().map(|part| format!("{}: {}", part.name, part.shape));
                (format!("{kind} {}", parts.collect::<Vec<_>>().join(", ")), &definition.stability)
            }
        };
        Part { since: since(stability), ..part(sort, &self.key(key), shape) }
    }

    fn exports(&self, world: &World) -> Vec<String> {
        world.exports.keys().map(|key| self.key(key)).collect()
    }

    fn key(&self, key: &WorldKey) -> String {
        match key {
            WorldKey::Name(name) => name.clone(),
            WorldKey::Interface(id) => self.interface_name(*id),
        }
    }

    /// The name of an interface, with its package where that is another.
    fn interface_name(&self, id: InterfaceId) -> String {
        let interface = &self.resolve.interfaces[id];
        let name = interface.name.clone().unwrap_or_default();
        match interface.package {
            Some(package) if package != self.package => {
                format!("{}/{name}", self.resolve.packages[package].name)
            }
            _ => name,
        }
    }

    fn optional(&self, shape: Option<&Type>) -> String {
        shape.map(|shape| self.shape(shape)).unwrap_or_default()
    }

    fn shape(&self, shape: &Type) -> String {
        match shape {
            Type::Id(id) => self.named(*id),
            Type::ErrorContext => "error-context".to_owned(),
            // The words of WIT for its primitive types are those of Rust in small letters.
            primitive => format!("{primitive:?}").to_lowercase(),
        }
    }

    fn named(&self, id: TypeId) -> String {
        let definition = &self.resolve.types[id];
        match (&definition.name, definition.owner) {
            (Some(name), TypeOwner::Interface(owner)) => {
                format!("{}.{name}", self.interface_name(owner))
            }
            (Some(name), _) => name.clone(),
            (None, _) => self.anonymous(&definition.kind),
        }
    }

    fn anonymous(&self, kind: &TypeDefKind) -> String {
        let of = |shape: &Option<Type>| match shape {
            Some(shape) => self.shape(shape),
            None => "_".to_owned(),
        };
        match kind {
            TypeDefKind::Type(shape) => self.shape(shape),
            TypeDefKind::Option(shape) => format!("option<{}>", self.shape(shape)),
            TypeDefKind::List(shape) => format!("list<{}>", self.shape(shape)),
            TypeDefKind::FixedLengthList(shape, size) => {
                format!("list<{}, {size}>", self.shape(shape))
            }
            TypeDefKind::Map(key, value) => {
                format!("map<{}, {}>", self.shape(key), self.shape(value))
            }
            TypeDefKind::Result(result) => {
                format!("result<{}, {}>", of(&result.ok), of(&result.err))
            }
            TypeDefKind::Tuple(tuple) => {
                let shapes: Vec<_> = tuple.types.iter().map(|shape| self.shape(shape)).collect();
                format!("tuple<{}>", shapes.join(", "))
            }
            TypeDefKind::Handle(Handle::Own(id)) => format!("own {}", self.named(*id)),
            TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", self.named(*id)),
            TypeDefKind::Future(shape) => format!("future<{}>", of(shape)),
            TypeDefKind::Stream(shape) => format!("stream<{}>", of(shape)),
            // These have names, but for what the parser resolves before anybody sees it.
            TypeDefKind::Record(_)
            | TypeDefKind::Variant(_)
            | TypeDefKind::Enum(_)
            | TypeDefKind::Flags(_)
            | TypeDefKind::Resource
            | TypeDefKind::Unknown => "a type without a name".to_owned(),
        }
    }
}

fn part(sort: &str, name: &str, shape: String) -> Part {
    whole(&format!("{sort} `{name}`"), shape)
}

fn whole(name: &str, shape: String) -> Part {
    Part { name: name.to_owned(), shape, since: None }
}

fn kind_of_function(kind: &FunctionKind) -> &'static str {
    match kind {
        FunctionKind::AsyncFreestanding
        | FunctionKind::AsyncMethod(_)
        | FunctionKind::AsyncStatic(_) => "async function",
        FunctionKind::Freestanding
        | FunctionKind::Method(_)
        | FunctionKind::Static(_)
        | FunctionKind::Constructor(_) => "function",
    }
}

fn since(stability: &Stability) -> Option<Version> {
    match stability {
        Stability::Stable { since, .. } => Some(since.clone()),
        Stability::Unknown | Stability::Unstable { .. } => None,
    }
}
