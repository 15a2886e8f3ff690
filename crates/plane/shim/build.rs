//! Links the shim at a fixed address: a relocatable program dirties a page for each page of
//! pointers it holds, in every one of the many shims of a node.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg-bins=-no-pie");
}
