//! The packages of one file while it is read: each is charged to the budget before it is kept.

use crate::{
    limits::{Budget, Cost, Kind, Limits, ScanError},
    package::Package,
};

/// Names, versions and architectures longer than this are nobody's.
const MAX_TEXT: usize = 256;

pub(crate) struct Gathering<'a> {
    budget: &'a mut Budget,
    path: &'a str,
    layer: &'a str,
    packages: Vec<Package>,
    cost: Cost,
}

impl<'a> Gathering<'a> {
    pub(crate) fn new(
        budget: &'a mut Budget,
        kind: Kind,
        path: &'a str,
        layer: &'a str,
    ) -> Result<Self, ScanError> {
        // The place among what was found, which a file without packages has too.
        let cost = Cost {
            kind,
            packages: 0,
            bytes: (path.len() + size_of::<Package>()) as u64,
        };
        budget.charge(cost)?;
        Ok(Self {
            budget,
            path,
            layer,
            packages: Vec::new(),
            cost,
        })
    }

    pub(crate) fn path(&self) -> &'a str {
        self.path
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.budget.limits
    }

    pub(crate) fn len(&self) -> usize {
        self.packages.len()
    }

    /// For whatever goes on without adding a package.
    pub(crate) fn time(&self) -> Result<(), ScanError> {
        self.budget.time()
    }

    /// Keeps a package, unless nobody's is called so.
    pub(crate) fn add(&mut self, mut package: Package) -> Result<(), ScanError> {
        if !is_plausible(&package) {
            return Ok(());
        }
        self.budget.time()?;
        let texts = [
            &package.name,
            &package.version,
            &package.arch,
            &package.source,
            &package.source_version,
        ];
        let texts: usize = texts.iter().map(|text| text.len()).sum();
        let of_file = self.path.len() + self.layer.len();
        let one = Cost {
            kind: self.cost.kind,
            packages: 1,
            bytes: (texts + of_file + size_of::<Package>()) as u64,
        };
        self.budget.charge(one)?;
        self.cost.packages += one.packages;
        self.cost.bytes += one.bytes;
        self.path.clone_into(&mut package.path);
        self.layer.clone_into(&mut package.layer);
        self.packages.push(package);
        Ok(())
    }

    pub(crate) fn end(self) -> (Vec<Package>, Cost) {
        (self.packages, self.cost)
    }

    /// Nothing of the file is kept.
    pub(crate) fn abandon(self) {
        self.budget.give_back(self.cost);
    }
}

fn is_plausible(package: &Package) -> bool {
    let short = |text: &String| text.len() <= MAX_TEXT && !text.chars().any(char::is_control);
    let named = !package.name.is_empty() && !package.version.is_empty();
    let of_source = short(&package.source) && short(&package.source_version);
    named && short(&package.name) && short(&package.version) && short(&package.arch) && of_source
}
