//! How many requests a service takes, by classes of operations: what AWS documents, and where it documents
//! nothing, sizes of the same order. A row of the server's table says a service's own (`.throttled(…)`).

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

pub use wharf_base::bucket::Rate;
use wharf_wire::schema::ServiceSchema;

/// What an account may have, by what the dimensions `Service` and `Resource` of `AWS/Usage` call a service and its operation,
/// or a resource of it: so many requests a second, and so many of the resource. There is none before the server has said, of
/// what is not bounded, and of requests where they are not throttled.
#[derive(Clone, Default)]
pub struct Quotas {
    calls: Arc<OnceLock<Box<QuotaOf>>>,
    resources: Arc<OnceLock<Box<QuotaOf>>>,
}

type QuotaOf = dyn Fn(&str, &str) -> Option<f64> + Send + Sync;

impl Quotas {
    /// Says which there are of requests. Only the first word counts.
    pub fn say(&self, of: impl Fn(&str, &str) -> Option<f64> + Send + Sync + 'static) {
        let _ = self.calls.set(Box::new(of));
    }

    /// The same of resources.
    pub fn say_of_resources(&self, of: impl Fn(&str, &str) -> Option<f64> + Send + Sync + 'static) {
        let _ = self.resources.set(Box::new(of));
    }

    pub fn of(&self, service: &str, operation: &str) -> Option<f64> {
        self.calls.get()?(service, operation)
    }

    pub fn of_resource(&self, service: &str, resource: &str) -> Option<f64> {
        self.resources.get()?(service, resource)
    }
}

impl fmt::Debug for Quotas {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Quotas")
    }
}

/// Operations that share a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    name: &'static str,
    rate: Rate,
    operations: &'static [&'static str],
    /// Only requests with neither a filter nor a page size.
    unnarrowed: bool,
}

impl Class {
    pub const fn new(name: &'static str, rate: Rate, operations: &'static [&'static str]) -> Self {
        Self {
            name,
            rate,
            operations,
            unnarrowed: false,
        }
    }

    /// An operation with a bucket of its own.
    pub const fn of_one(operation: &'static [&'static str; 1], rate: Rate) -> Self {
        Self::new(operation[0], rate, operation)
    }

    /// The class holds requests with neither a filter nor a page size; others go on to the next.
    pub const fn unnarrowed(self) -> Self {
        Self {
            unnarrowed: true,
            ..self
        }
    }
}

/// The rates of a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// The first that has an operation counts.
    pub classes: &'static [Class],
    /// What only reads, and is in no class.
    pub read: Class,
    /// The rest.
    pub modify: Class,
}

impl Rates {
    /// Those of services that say nothing of themselves.
    pub const USUAL: Self = Self::of(&[], Rate::new(100.0, 20.0), Rate::new(50.0, 10.0));

    pub const fn of(classes: &'static [Class], read: Rate, modify: Rate) -> Self {
        Self {
            classes,
            read: Class::new("read", read, &[]),
            modify: Class::new("modify", modify, &[]),
        }
    }

    /// The usual ones but for these classes.
    pub const fn with(classes: &'static [Class]) -> Self {
        Self {
            classes,
            ..Self::USUAL
        }
    }

    /// All operations share one bucket.
    pub const fn shared(rate: Rate) -> Self {
        let all = Class::new("all", rate, &[]);
        Self {
            classes: &[],
            read: all,
            modify: all,
        }
    }

    /// The class of an operation, and its bucket. `narrowed` says whether a request has filters or a page size.
    pub fn find(&self, operation: &str, narrowed: bool) -> (&'static str, Rate) {
        let has = |it: &&Class| it.operations.contains(&operation) && !(it.unnarrowed && narrowed);
        let rest = match is_read(operation) {
            true => &self.read,
            false => &self.modify,
        };
        let class = self.classes.iter().find(has).unwrap_or(rest);
        (class.name, class.rate)
    }

    /// The first name that is no operation of the model: it would throttle nothing.
    pub fn unknown(&self, schema: &ServiceSchema) -> Option<&'static str> {
        let mut names = self.classes.iter().flat_map(|it| it.operations);
        let is_known = |name: &str| {
            schema.find_operation(name).is_some() || schema.left_out.binary_search(&name).is_ok()
        };
        names.find(|name| !is_known(name)).copied()
    }
}

/// Whether an operation only reads, by its name: the models of the query protocols say nothing else
/// of it.
pub fn is_read(operation: &str) -> bool {
    const READS: [&str; 12] = [
        "Describe",
        "Explain",
        "Overview",
        "List",
        "Get",
        "Head",
        "Search",
        "Lookup",
        "Filter",
        "BatchGet",
        "BatchCheck",
        "Simulate",
    ];
    READS.iter().any(|verb| operation.starts_with(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_operations() {
        const SOME: Rates = Rates::with(&[
            Class::new(
                "unfiltered read",
                Rate::new(5.0, 1.0),
                &["GetAll", "ListAll"],
            )
            .unnarrowed(),
            Class::new("list", Rate::even(7.0), &["ListAll"]),
            Class::of_one(&["MakeOne"], Rate::even(3.0)),
        ]);
        for (operation, narrowed, class, burst, per_second) in [
            ("GetAll", false, "unfiltered read", 5.0, 1.0),
            ("GetAll", true, "read", 100.0, 20.0),
            ("ListAll", true, "list", 7.0, 7.0),
            ("MakeOne", false, "MakeOne", 3.0, 3.0),
            ("MakeTwo", false, "modify", 50.0, 10.0),
            ("SimulateIt", false, "read", 100.0, 20.0),
        ] {
            let expected = (class, Rate::new(burst, per_second));
            assert_eq!(SOME.find(operation, narrowed), expected, "{operation}");
        }
        let shared = Rates::shared(Rate::even(9.0));
        assert_eq!(shared.find("Get", false), shared.find("Put", false));
    }
}
