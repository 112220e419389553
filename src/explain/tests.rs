use super::*;
use crate::rule::describe;

fn releases(package: Package, set: ReleaseSet) -> String {
    describe(ReleaseTable::of(package), set)
}

#[test]
fn a_symbol_that_came_late_has_older_names() {
    let life = life("tensorflow.keras.mixed_precision.set_global_policy", false).unwrap();
    assert_eq!(life.kind, "function");
    let own = &life.homes[0];
    assert!(releases(own.package, own.present).starts_with("2.4-2."));
    let older: Vec<&str> = life.backward.iter().map(|one| one.path.as_str()).collect();
    assert!(
        older.contains(&"tensorflow.keras.mixed_precision.experimental.set_policy"),
        "{older:?}"
    );
    assert!(life.forward.is_empty(), "{:?}", life.forward);
    let homes: Vec<&str> = life.homes.iter().map(|home| home.path.as_str()).collect();
    assert!(
        homes.contains(&"keras.mixed_precision.set_global_policy"),
        "{homes:?}"
    );
}

#[test]
fn a_symbol_that_went_has_newer_names() {
    let life = life("tensorflow.Session", false).unwrap();
    assert!(life.backward.is_empty());
    let newer: Vec<&str> = life.forward.iter().map(|one| one.path.as_str()).collect();
    assert!(newer.contains(&"tensorflow.compat.v1.Session"), "{newer:?}");
}

#[test]
fn parameters_are_compared_with_those_before() {
    let life = life("tensorflow.keras.optimizers.Adam", false).unwrap();
    let shapes = &life.homes[0].shapes;
    assert!(shapes.len() > 1, "{shapes:?}");
    let changed = shapes[1..].iter();
    assert!(
        changed
            .clone()
            .any(|shape| shape.added.contains(&"jit_compile"))
    );
    assert!(changed.clone().any(|shape| shape.package == Package::Keras));
}

#[test]
fn members_of_classes_live_too() {
    let life = life("tensorflow.keras.Model.fit", false).unwrap();
    assert_eq!(life.kind, "method");
    assert!(!life.homes[0].shapes.is_empty());
    let model = self::life("tensorflow.keras.Model", true).unwrap();
    assert!(model.members.iter().any(|member| member.name == "fit"));
}

#[test]
fn what_is_unknown_has_no_life() {
    assert!(life("tensorflow.no_such_name", false).is_none());
    assert!(life("numpy.float32", false).is_none());
}
