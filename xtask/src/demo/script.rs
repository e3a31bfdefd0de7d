//! The commands of the demonstration.

/// One command of the demonstration.
pub struct Step {
    pub arguments: &'static [&'static str],
    pub input: Input,
    /// The exit code that it must have.
    pub exit: i32,
}

/// What a command reads.
#[derive(Clone, Copy)]
pub enum Input {
    Nothing,
    /// A made-up secret on stdin, as `printf %s … | connhub …` gives it.
    Secret(&'static str),
}

/// The exit code for what is not there.
const NOT_FOUND: i32 = 3;

/// The exit code for what is there already.
const EXISTS: i32 = 5;

const KEY: Input = Input::Secret("wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY");
const OTHER_KEY: Input = Input::Secret("je7MtGbClwBF-2Zp9Utk-h3yCo8nvbEXAMPLEKEY");

/// The local encrypted store, which needs no configuration.
pub const LOCAL: &[Step] = &[
    step(&[
        "create",
        "sales",
        "--type",
        "s3",
        "bucket=sales",
        "endpoint=https://s3.example.com",
        "region=eu-central-1",
        "access_key_id=AKIAIOSFODNN7EXAMPLE",
        "secret_access_key=-",
    ])
    .reading(KEY),
    step(&[
        "create",
        "sales",
        "--type",
        "s3",
        "bucket=sales",
        "endpoint=https://s3.example.com",
        "access_key_id=AKIAIOSFODNN7EXAMPLE",
        "secret_access_key=-",
    ])
    .reading(KEY)
    .ending(EXISTS),
    step(&["list"]),
    step(&["get", "sales", "-o", "yaml"]),
    step(&["update", "sales", "bucket=sales-2026", "secret_access_key=-"]).reading(OTHER_KEY),
    step(&["get", "sales"]),
    step(&["delete", "sales", "--yes"]),
    step(&["get", "sales"]).ending(NOT_FOUND),
];

/// Red Hat OpenShift AI, on the stand-in for a Kubernetes API server.
pub const RHOAI: &[Step] = &[
    step(&["check", "--backend", "rhoai", "-n", "fraud"]),
    step(&[
        "create",
        "training-data",
        "--backend",
        "rhoai",
        "-n",
        "fraud",
        "--type",
        "s3",
        "bucket=training",
        "endpoint=https://s3.example.com",
        "access_key_id=AKIAIOSFODNN7EXAMPLE",
        "secret_access_key=-",
    ])
    .reading(KEY),
    step(&["list", "--backend", "rhoai", "-n", "fraud"]),
    step(&["get", "training-data", "--backend", "rhoai", "-n", "fraud", "-o", "yaml"]),
    step(&["update", "training-data", "--backend", "rhoai", "-n", "fraud", "bucket=training-2026"]),
    step(&["delete", "training-data", "--backend", "rhoai", "-n", "fraud", "--yes"]),
    step(&["get", "training-data", "--backend", "rhoai", "-n", "fraud"]).ending(NOT_FOUND),
];

/// DataOS, on its stand-in.
pub const DATAOS: &[Step] = &[
    step(&["check", "--backend", "dataos"]),
    step(&[
        "create",
        "orders",
        "--backend",
        "dataos",
        "--type",
        "postgresql",
        "host=db.example.com",
        "port=5432",
        "database=orders",
        "user=reader",
        "password=-",
    ])
    .reading(KEY),
    step(&["list", "--backend", "dataos"]),
    step(&["get", "orders", "--backend", "dataos", "-o", "yaml"]),
    step(&["update", "orders", "--backend", "dataos", "password=-"]).reading(OTHER_KEY),
    step(&["delete", "orders", "--backend", "dataos", "--yes"]),
    step(&["get", "orders", "--backend", "dataos"]).ending(NOT_FOUND),
];

const fn step(arguments: &'static [&'static str]) -> Step {
    Step { arguments, input: Input::Nothing, exit: 0 }
}

impl Step {
    const fn reading(mut self, input: Input) -> Self {
        self.input = input;
        self
    }

    const fn ending(mut self, exit: i32) -> Self {
        self.exit = exit;
        self
    }

    /// The command as a person would type it. The secret is not shown.
    pub fn shown(&self) -> String {
        let command = format!("connhub {}", self.arguments.join(" "));
        match self.input {
            Input::Nothing => command,
            Input::Secret(_) => format!("printf %s \"$SECRET\" | {command}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_goes_the_whole_way() {
        for steps in [LOCAL, RHOAI, DATAOS] {
            let verbs: Vec<_> = steps.iter().map(|step| step.arguments[0]).collect();
            for verb in ["create", "list", "get", "update", "delete"] {
                assert!(verbs.contains(&verb), "{verb} is missing in {verbs:?}");
            }
        }
    }

    #[test]
    fn no_secret_is_an_argument_or_shown() {
        for step in [LOCAL, RHOAI, DATAOS].into_iter().flatten() {
            let Input::Secret(secret) = step.input else {
                continue;
            };
            assert!(step.arguments.iter().any(|argument| argument.ends_with("=-")));
            assert!(!step.shown().contains(secret), "{}", step.shown());
        }
    }
}
