//! ECR's operations over a real store and real files.

mod access;
mod images;
mod layers;
mod lifecycle;
mod repositories;
mod support;
