//! The service in process, over a real store, real blobs and IAM.

mod access;
mod gallery;
mod images;
mod repositories;
mod support;
