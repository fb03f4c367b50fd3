use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;

fn outbox(high_water_mark: usize) -> (Arc<Outbox>, Arc<AtomicUsize>) {
    let wakes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&wakes);
    let outbox = Outbox::new(high_water_mark, move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    (Arc::new(outbox), wakes)
}

fn put(outbox: &Outbox, messages: &[&str]) {
    let mut batch = Batch::default();
    for message in messages {
        batch.push(message, None);
    }
    outbox.put_messages(&mut batch);
    assert!(batch.is_empty());
}

fn describe(item: &Item) -> String {
    match item {
        Item::Messages(batch) => batch.iter().map(|message| message.text).collect::<Vec<_>>().join(","),
        Item::Event(Event::Open) => "open".into(),
        Item::Event(Event::Close { code, .. }) => format!("close {code}"),
        Item::Event(Event::Error(_)) => "fault".into(),
        Item::Event(Event::Reconnecting { attempt, .. }) => format!("reconnecting {attempt}"),
        Item::Event(Event::Idle) => "idle".into(),
    }
}

fn drain(outbox: &Outbox) -> Vec<String> {
    std::iter::from_fn(|| outbox.take().map(|item| describe(&item))).collect()
}

#[test]
fn keeps_the_order_and_joins_neighbouring_messages() {
    let (outbox, _) = outbox(1 << 20);
    outbox.put(Event::Open);
    put(&outbox, &["a", ""]);
    put(&outbox, &["b"]);
    outbox.put(Event::Close { code: 1000, reason: String::new() });
    put(&outbox, &["c"]);
    assert_eq!(drain(&outbox), ["open", "a,,b", "close 1000", "c"]);
    assert_eq!(outbox.waiting(), 0);
}

#[test]
fn knows_which_messages_are_ascii() {
    let mut batch = Batch::default();
    for message in ["plain", "naïve", "", "日本", "again"] {
        batch.push(message, None);
    }
    let seen: Vec<_> = batch.iter().map(|message| (message.text, message.ascii)).collect();
    assert_eq!(seen, [("plain", true), ("naïve", false), ("", true), ("日本", false), ("again", true)]);
}

#[test]
fn batches_are_bounded_in_bytes_and_in_messages() {
    let (outbox, _) = outbox(usize::MAX);
    for _ in 0..3_000 {
        put(&outbox, &["{}"]);
    }
    let large = "x".repeat(100 * 1024);
    put(&outbox, &[&large]);
    put(&outbox, &[&large]);
    let sizes: Vec<usize> = std::iter::from_fn(|| outbox.take())
        .map(|item| match item {
            Item::Messages(batch) => batch.len(),
            Item::Event(_) => 0,
        })
        .collect();
    assert_eq!(sizes, [1_024, 1_024, 953, 1]);
}

#[test]
fn wakes_once_until_the_taker_has_found_nothing() {
    let (outbox, wakes) = outbox(1 << 20);
    put(&outbox, &["a"]);
    put(&outbox, &["b"]);
    outbox.put(Event::Open);
    assert_eq!(wakes.load(Ordering::Relaxed), 1);
    assert!(outbox.take().is_some());
    put(&outbox, &["c"]);
    assert_eq!(wakes.load(Ordering::Relaxed), 1);
    assert_eq!(drain(&outbox).len(), 2);
    put(&outbox, &["d"]);
    assert_eq!(wakes.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn room_returns_when_half_was_taken() {
    let (outbox, _) = outbox(10_000);
    let large = "x".repeat(BATCH_BYTES);
    put(&outbox, &[&large]);
    put(&outbox, &["y"]);
    assert!(!outbox.has_room());
    let waiting = tokio::spawn({
        let outbox = Arc::clone(&outbox);
        async move { outbox.room().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    assert_eq!(describe(&outbox.take().unwrap()).len(), large.len());
    tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
    assert_eq!(drain(&outbox), ["y"]);
}

#[test]
fn a_close_of_the_user_forgets_all_but_the_ends_of_connections() {
    let (outbox, _) = outbox(1 << 20);
    outbox.put(Event::Open);
    put(&outbox, &["a"]);
    outbox.put(Event::Close { code: 1001, reason: String::new() });
    outbox.put(Event::Reconnecting { attempt: 1, delay_ms: 1.0 });
    outbox.ordered(Command::Close);
    put(&outbox, &["b"]);
    outbox.put(Event::Error(Error::Binary));
    outbox.put(Event::Open);
    outbox.put(Event::Close { code: 1000, reason: String::new() });
    assert_eq!(outbox.waiting(), 2 * EVENT_COST);
    assert_eq!(drain(&outbox), ["close 1001", "close 1000"]);
    outbox.obeyed(Command::Close);
    put(&outbox, &["c"]);
    assert_eq!(drain(&outbox), ["c"]);
}

#[test]
fn each_close_has_to_be_seen() {
    let (outbox, _) = outbox(1 << 20);
    outbox.ordered(Command::Close);
    outbox.ordered(Command::Connect);
    outbox.ordered(Command::Close);
    outbox.obeyed(Command::Close);
    outbox.obeyed(Command::Connect);
    put(&outbox, &["a"]);
    assert!(drain(&outbox).is_empty());
    outbox.obeyed(Command::Close);
    put(&outbox, &["b"]);
    assert_eq!(drain(&outbox), ["b"]);
}

#[test]
fn nobody_is_told_of_an_end_that_a_command_has_overtaken() {
    for command in [Command::Connect, Command::Close] {
        let (outbox, _) = outbox(1 << 20);
        outbox.put(Event::Close { code: 1006, reason: String::new() });
        outbox.put(Event::Idle);
        outbox.ordered(command);
        outbox.put(Event::Idle);
        assert_eq!(outbox.waiting(), EVENT_COST);
        assert_eq!(drain(&outbox), ["close 1006"]);
        outbox.ordered(Command::Connect);
        outbox.obeyed(command);
        outbox.put(Event::Idle);
        assert!(drain(&outbox).is_empty(), "another command waits");
        outbox.obeyed(Command::Connect);
        outbox.put(Event::Idle);
        assert_eq!(drain(&outbox), ["idle"]);
    }
}

#[test]
fn a_connect_keeps_what_waits() {
    let (outbox, _) = outbox(1 << 20);
    outbox.put(Event::Open);
    put(&outbox, &["a"]);
    outbox.ordered(Command::Connect);
    put(&outbox, &["b"]);
    assert_eq!(outbox.waiting(), EVENT_COST + 2 + 2 * MESSAGE_COST);
    assert_eq!(drain(&outbox), ["open", "a,b"]);
}

#[test]
fn recycled_memory_is_used_again_unless_it_is_huge() {
    let (outbox, _) = outbox(usize::MAX);
    let mut small = Batch::default();
    small.push(&"x".repeat(1_000), None);
    let capacity = small.text.capacity();
    outbox.recycle(small);
    let mut batch = Batch::default();
    batch.push("a", None);
    outbox.put_messages(&mut batch);
    assert_eq!((batch.len(), batch.text.capacity()), (0, capacity));

    let mut huge = Batch::default();
    huge.push(&"x".repeat(3 * BATCH_BYTES), None);
    outbox.recycle(huge);
    assert!(outbox.lock().spare.is_none());
}

#[test]
fn messages_have_tapes_where_a_recorder_makes_them() {
    let mut recorder = Recorder::default();
    let texts = ["[1]".to_owned(), "[\"é\"]".into(), format!("\"{}\"", "x".repeat(2000)), "no JSON".into()];
    let mut batch = Batch::default();
    for text in &texts {
        batch.push(text, Some(&mut recorder));
    }
    batch.push("[2]", None);
    let tapes: Vec<_> = batch.iter().map(|message| message.tape).collect();
    assert_eq!(tapes, [Some(0), None, None, None, None]);
    assert_eq!(batch.tape().len(), 2);
}

#[test]
fn tapes_stay_with_their_messages_when_batches_are_joined() {
    let (outbox, _) = outbox(usize::MAX);
    let mut recorder = Recorder::default();
    for text in ["[1]", "[1,2]", "[3]"] {
        let mut batch = Batch::default();
        batch.push(text, Some(&mut recorder));
        outbox.put_messages(&mut batch);
    }
    let cost = "[1][1,2][3]".len() + 3 * MESSAGE_COST + (2 + 3 + 2) * size_of::<u32>();
    assert_eq!(outbox.waiting(), cost);
    let Some(Item::Messages(batch)) = outbox.take() else { panic!("messages wait") };
    let tapes: Vec<_> = batch.iter().map(|message| message.tape).collect();
    assert_eq!(tapes, [Some(0), Some(2), Some(5)]);
    let mut alone = Vec::new();
    assert!(recorder.record("[3]", &mut alone));
    assert_eq!(batch.tape()[5..], alone);
    assert_eq!(outbox.waiting(), 0);
}
