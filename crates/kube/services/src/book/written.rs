//! A book as it is written down.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Book;
use crate::{service::Service, slice::Slice};

/// What a book is made of, without what follows from it. Making one copies handles alone.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Written {
    services: Vec<Arc<Service>>,
    slices: Vec<Named>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Named {
    name: Arc<str>,
    slice: Arc<Slice>,
}

impl Book {
    pub fn written(&self) -> Written {
        let all = self.entries.values();
        let slices = all.clone().flat_map(|it| &it.slices);
        Written {
            services: all.filter_map(|it| it.service.clone()).collect(),
            slices: slices
                .map(|(name, slice)| Named {
                    name: name.clone(),
                    slice: slice.clone(),
                })
                .collect(),
        }
    }
}

impl From<Written> for Book {
    fn from(written: Written) -> Self {
        let mut book = Self::default();
        for service in written.services {
            book.insert_service(service);
        }
        for Named { name, slice } in written.slices {
            book.insert_slice(name, slice);
        }
        book
    }
}
