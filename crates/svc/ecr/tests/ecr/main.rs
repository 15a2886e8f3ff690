//! ECR's operations over a real store and real files.

mod access;
mod images;
mod layers;
mod repositories;
mod support;
