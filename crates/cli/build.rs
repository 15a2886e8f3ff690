//! Links the program at a fixed address where it is built for tests: unoptimised it has a million pointers to relocate, which took
//! twenty milliseconds of processor and 17 MB of memory of each of the thousands of processes that end-to-end tests start. One that is
//! released keeps addresses that nobody can guess.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|it| it == "debug") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
