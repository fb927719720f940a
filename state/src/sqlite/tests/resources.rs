//! Resources and facts come back as they went in.

use landfall_engine::journal::Record;
use landfall_engine::place::Place as ResourcePlace;
use landfall_engine::snapshot::{Recorded, RecordedResource};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Place, home, worker};

#[test]
fn resources_come_back_as_they_went_in() {
    let place = Place::new();
    let state = place.open();
    let records = [0, 1, 2, 10].map(|n| Record::Put(worker(n).into()));
    state.write_records(&records).expect("written");
    let mut model = Recorded::default();
    records.iter().for_each(|record| model.apply(record));
    assert_eq!(state.recorded().expect("readable"), model);
    drop(state);
    assert_eq!(place.reader().recorded().expect("readable"), model);
}

#[test]
fn a_deposed_resource_lives_beside_its_successor() {
    let place = Place::new();
    let state = place.open();
    let mut new = worker(1);
    new.id = "i-new".into();
    let records = [Record::Put(worker(1).into()), Record::Depose(worker(1).address), Record::Put(new.clone().into())];
    state.write_records(&records).expect("written");
    let recorded = state.recorded().expect("readable");
    assert_eq!((&*recorded.resources[&new.address], &recorded.deposed), (&new, &vec![worker(1).into()]));
    state.write_records(&[Record::Remove(worker(1).address, home(), worker(1).id)]).expect("written");
    let recorded = state.recorded().expect("readable");
    assert_eq!((recorded.resources.len(), recorded.deposed.len()), (1, 0));
}

#[test]
fn everything_recorded_can_be_replaced_at_once() {
    let place = Place::new();
    place.filled();
    let state = place.open();
    let mut other = Recorded { deposed: vec![worker(7).into(), worker(5).into()], ..Recorded::default() };
    other.apply(&Record::Put(worker(6).into()));
    state.replace_recorded(&other).expect("written");
    assert_eq!(state.recorded().expect("readable"), other);
}

#[test]
fn facts_are_replaced_as_a_whole() {
    let place = Place::new();
    let state = place.open();
    assert_eq!(state.facts().expect("readable"), None);
    for facts in [json!({"zones": ["us-east-1a"], "image": "ami-1"}), json!({"zones": []}), Value::Null] {
        state.record_facts(&facts).expect("remembered");
        assert_eq!(place.reader().facts().expect("readable"), Some(facts));
    }
}

fn any_record() -> impl Strategy<Value = Record> {
    let place = prop_oneof![
        Just(home()),
        Just(ResourcePlace::regional(home().account(), "eu-west-1")),
        Just(ResourcePlace::global(home().account())),
    ];
    (0..3usize, 0..3usize, place, 0..3u8).prop_map(|(address, id, place, action)| {
        let mut resource = RecordedResource { place, ..worker(address) };
        resource.id = format!("i-{id}").into();
        match action {
            0 => Record::Put(resource.into()),
            1 => Record::Depose(resource.address),
            _ => Record::Remove(resource.address, resource.place, resource.id),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The engine changes its copy in memory by the same records; the two must never part.
    #[test]
    fn the_file_follows_the_state_in_memory(records in prop::collection::vec(any_record(), 0..24)) {
        let place = Place::new();
        let state = place.open();
        let mut model = Recorded::default();
        for some in records.chunks(3) {
            some.iter().for_each(|record| model.apply(record));
            state.write_records(some).expect("written");
            prop_assert_eq!(&state.recorded().expect("readable"), &model);
        }
    }

    #[test]
    fn any_text_survives(key in any::<String>(), text in any::<String>(), number in any::<i64>()) {
        let place = Place::new();
        let state = place.open();
        let mut resource = worker(1);
        resource.properties.insert(key, json!([text, {"number": number}]));
        state.write_records(&[Record::Put(resource.clone().into())]).expect("written");
        prop_assert_eq!(&*state.recorded().expect("readable").resources[&resource.address], &resource);
    }
}
