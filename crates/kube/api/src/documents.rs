//! What is told of the kinds of a cluster: discovery and OpenAPI, made once for each catalog and what aggregated servers told.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use wharf_kube_model::Catalog;

use crate::aggregation::Snapshot;

/// A document and the tag that changes with it.
#[derive(Debug, Clone)]
pub struct Document {
    pub bytes: Bytes,
    pub etag: String,
}

#[derive(Default)]
pub struct Documents {
    of: Mutex<Option<Of>>,
}

struct Of {
    catalog: Arc<Catalog>,
    others: Arc<Snapshot>,
    by_name: HashMap<String, Document>,
}

impl Documents {
    /// Those of before are asked for no more.
    pub fn forget(&self) {
        *self.of.lock() = None;
    }

    /// The document of a name, made if there is none yet of this catalog beside these aggregated servers.
    pub fn get(
        &self,
        (catalog, others): (&Arc<Catalog>, &Arc<Snapshot>),
        name: &str,
        make: impl FnOnce(&Catalog) -> Option<Vec<u8>>,
    ) -> Option<Document> {
        let found = self.of.lock().as_ref().and_then(|of| {
            let is_same = Arc::ptr_eq(&of.catalog, catalog) && Arc::ptr_eq(&of.others, others);
            is_same.then(|| of.by_name.get(name).cloned()).flatten()
        });
        if found.is_some() {
            return found;
        }
        let bytes = make(catalog)?;
        let etag = hex::encode_upper(Sha256::digest(&bytes));
        let document = Document {
            bytes: bytes.into(),
            etag: format!("\"{etag}\""),
        };
        let mut of = self.of.lock();
        let current = of.get_or_insert_with(|| Of {
            catalog: Arc::clone(catalog),
            others: Arc::clone(others),
            by_name: HashMap::new(),
        });
        if !Arc::ptr_eq(&current.catalog, catalog) || !Arc::ptr_eq(&current.others, others) {
            current.catalog = Arc::clone(catalog);
            current.others = Arc::clone(others);
            current.by_name.clear();
        }
        current.by_name.insert(name.to_owned(), document.clone());
        Some(document)
    }
}
