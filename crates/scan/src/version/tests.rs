use std::cmp::Ordering;

use proptest::prelude::*;

use super::Scheme;

const ALL: [Scheme; 7] = [
    Scheme::Apk,
    Scheme::Dpkg,
    Scheme::Gem,
    Scheme::Maven,
    Scheme::Pep440,
    Scheme::Rpm,
    Scheme::Semver,
];

/// Each line is a chain: `<` and `=` between versions, from the least on.
fn check(scheme: Scheme, chains: &[&str]) {
    for chain in chains {
        let words: Vec<&str> = chain.split_whitespace().collect();
        for window in words.windows(3).step_by(2) {
            let expected = match window[1] {
                "<" => Ordering::Less,
                _ => Ordering::Equal,
            };
            let (one, other) = (window[0], window[2]);
            assert_eq!(scheme.compare(one, other), Some(expected), "{one} {other}");
            let back = Some(expected.reverse());
            assert_eq!(scheme.compare(other, one), back, "{other} {one}");
        }
    }
}

#[test]
fn debians() {
    check(
        Scheme::Dpkg,
        &[
            "1.0~~ < 1.0~~a < 1.0~ < 1.0 < 1.0-1 < 1.0-1+deb12u1 < 1.0-2 < 1.0a < 1.0+b1 < 1.0.1 < 1:0.1",
            "3.0.11-1~deb12u1 < 3.0.11-1~deb12u2 < 3.0.11-1",
            "0:1.2 = 1.2 < 1.10 < 1.10a < 2",
            "1.0-0 = 1.0 < 1.0-1",
            "2.36-9+deb12u4 < 2.36-9+deb12u10",
            "007 = 7 < 99999999999999999999999998 < 99999999999999999999999999",
            "a-b-1 < a-b-2",
        ],
    );
}

#[test]
fn rpms() {
    check(
        Scheme::Rpm,
        &[
            "1.0~rc1 < 1.0~rc2 < 1.0 < 1.0^git1 < 1.0^git2 < 1.0.1 < 1.1 < 1:0.5",
            "1.0-1.el9 < 1.0-1.el9_2.1 < 1.0-2.el9 < 1.0-10.el9",
            "2.0 < 2.0.1 < 2.0.1a",
            "2.0.1a < 2.0.1.1",
            "5.5p1 < 5.5p2 < 5.5p10",
            "10xyz < 10.1xyz",
            "xyz.4 < 8",
            "1.05 = 1.5 < 1.005.1",
            "0:1.2-3 = 1.2-3",
            "1.0a < 1.0b < 1.0ba",
        ],
    );
}

#[test]
fn alpines() {
    check(
        Scheme::Apk,
        &[
            "1.2_alpha < 1.2_alpha1 < 1.2_beta < 1.2_pre2 < 1.2_rc1 < 1.2 < 1.2-r1 < 1.2-r10 < 1.2_git20200101 < 1.2_p1 < 1.2a < 1.2.1 < 1.10",
            "3.0.8-r0 < 3.0.8-r4 < 3.0.10-r0 < 3.1.0-r0",
            "1.01 < 1.1",
            "1.001 < 1.01 < 1.02 < 1.2",
            "1.2~abc = 1.2~def",
            "9.9_p1-r0 < 9.9_p1-r1 < 9.9_p2-r0",
        ],
    );
    for bad in ["", "a", "1.", "1.2_new", "1.2-x", "1.2 "] {
        assert_eq!(Scheme::Apk.compare(bad, "1"), None, "{bad}");
    }
}

#[test]
fn of_cargo_npm_and_go() {
    check(
        Scheme::Semver,
        &[
            "1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-beta < 1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0-rc.1 < 1.0.0",
            "v1.2.3 = 1.2.3 = 1.2.3+build < 1.2.4",
            "v0.0.0-20190308221718-c2843e01d9a2 < v0.0.0-20200622213623-75b288015ac9 < v0.1.0",
            "1 = 1.0 = 1.0.0 < 1.0.1",
            "2.0.0+incompatible = 2.0.0",
        ],
    );
    for bad in ["", "x", "1.2.3.4", "latest", "99999999999999999999.0.0"] {
        assert_eq!(Scheme::Semver.compare(bad, "1.0.0"), None, "{bad}");
    }
}

#[test]
fn pythons() {
    check(
        Scheme::Pep440,
        &[
            "1.0.dev1 < 1.0a1 < 1.0b2 < 1.0rc1 < 1.0 < 1.0.post1 < 1.1 < 1!0.1",
            "1.0 = 1.0.0 = v1.0",
            "1.0 < 1.0+local.1 < 1.0+local.2",
        ],
    );
    assert_eq!(Scheme::Pep440.compare("1.0-what-is-it", "1"), None);
}

#[test]
fn gems() {
    check(
        Scheme::Gem,
        &[
            "1.0.a.2 < 1.0.b1 < 1.0.pre < 1.0 < 1.0.1 < 1.1 < 1.10",
            "1 = 1.0 = 1.0.0",
            "2.0.0.rc1 < 2.0.0 = 2.0",
            "1.0-1 < 1.0",
            "1.15.0.rc.1 < 1.15.0",
        ],
    );
    assert_eq!(Scheme::Gem.compare("1.0_0", "1"), None);
}

#[test]
fn mavens() {
    check(
        Scheme::Maven,
        &[
            "1-alpha < 1-beta < 1-milestone < 1-rc < 1-snapshot < 1 < 1-sp < 1-abc < 1-xyz < 1-1 < 1.1",
            "1 = 1.0 = 1.0.0 = 1-ga = 1.ga = 1-0 = 1.0-final = 1.release",
            "1-a1 = 1-alpha-1 < 1-b1 = 1-beta-1",
            "1.0-alpha-1 < 1.0-alpha-2 < 1.0-alpha-10 < 1.0-rc1 < 1.0",
            "2.14.1 < 2.15.0-rc1 < 2.15.0 < 2.17.1",
            "1-foo2 < 1-foo10",
            "9.4.48.v20220622 < 9.4.51.v20230217 < 10.0.0",
            "31.0-android < 31.1-jre",
            "5.3.0.RC1 < 5.3.0 = 5.3.0.Final < 5.3.1",
            "6.0.0.Alpha1 < 6.0.0.Beta2 < 6.0.0.CR1 < 6.0.0",
            "1.0.RC2 < 1.0-RC3 < 1.0 < 1.0.1",
        ],
    );
}

#[test]
fn long_ones_are_not_compared() {
    for scheme in ALL {
        assert_eq!(scheme.compare(&"1".repeat(300), "1"), None, "{scheme:?}");
    }
}

fn text() -> impl Strategy<Value = String> {
    let near = "[0-3]{1,2}([.~^_+:-]|[0-3]|a|b|rc|alpha|p|-r|\\.0|final|sp|_git|dev|post){0,7}";
    prop_oneof![4 => near, 1 => "\\PC{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn each_order_is_total(a in text(), b in text(), c in text()) {
        for scheme in ALL {
            let compare = |x: &str, y: &str| scheme.compare(x, y);
            let (Some(ab), Some(bc), Some(ac)) = (compare(&a, &b), compare(&b, &c), compare(&a, &c)) else {
                continue;
            };
            prop_assert_eq!(compare(&a, &a), Some(Ordering::Equal));
            prop_assert_eq!(compare(&b, &a), Some(ab.reverse()), "{:?}", scheme);
            if ab == bc || bc == Ordering::Equal {
                prop_assert_eq!(ac, ab, "{:?}: {} {} {}", scheme, a, b, c);
            }
            if ab == Ordering::Equal {
                prop_assert_eq!(ac, bc, "{:?}: {} {} {}", scheme, a, b, c);
            }
        }
    }

    #[test]
    fn as_other_crates_have_it(
        a in "[0-9]{1,2}[0-9a-c.+~]{0,6}(-[0-9][0-9a-c.+~]{0,3})?",
        b in "[0-9]{1,2}[0-9a-c.+~]{0,6}(-[0-9][0-9a-c.+~]{0,3})?",
    ) {
        if let (Ok(one), Ok(other)) = (a.parse::<debversion::Version>(), b.parse::<debversion::Version>()) {
            prop_assert_eq!(Scheme::Dpkg.compare(&a, &b), Some(one.cmp(&other)), "{} {}", a, b);
        }
        let (one, other) = (a.replace('-', "."), b.replace('-', "."));
        let theirs = rpm_version::rpm_evr_compare(&one, &other);
        prop_assert_eq!(Scheme::Rpm.compare(&one, &other), Some(theirs), "{} {}", one, other);
    }
}
