//! What a client of this machine could reach at best: hyper and `serde_json` on one thread, without JavaScript.
//!
//! `bench-client <socket> <target> <in flight> <warm-up ms> <measured ms>` prints one line of JSON: calls,
//! seconds, CPU microseconds of its own and of the server, peak memory in KiB.

use std::cell::Cell;
use std::error::Error;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::task::{JoinSet, LocalSet};

type Failure = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [socket, target, in_flight, warm_up, measured] = &arguments[..] else {
        return Err("usage: bench-client <socket> <target> <in flight> <warm-up ms> <measured ms>".into());
    };
    let warm_up = Duration::from_millis(warm_up.parse()?);
    let measured = Duration::from_millis(measured.parse()?);
    let in_flight: usize = in_flight.parse()?;
    LocalSet::new()
        .run_until(async move {
            let mut connections = Vec::new();
            for _ in 0..in_flight {
                connections.push(connect(socket).await?);
            }
            let mut connections = run(connections, target, warm_up).await?.0;
            let server_before = server_microseconds(&mut connections[0]).await?;
            let cpu_before = cpu_microseconds()?;
            let started = Instant::now();
            let (mut connections, calls) = run(connections, target, measured).await?;
            let seconds = started.elapsed().as_secs_f64();
            let cpu = cpu_microseconds()? - cpu_before;
            let server = server_microseconds(&mut connections[0]).await? - server_before;
            let peak_kib = getrusage(UsageWho::RUSAGE_SELF)?.max_rss();
            let result = serde_json::json!({
                "calls": calls, "seconds": seconds, "cpuUs": cpu, "serverUs": server, "peakKiB": peak_kib
            });
            println!("{result}");
            Ok(())
        })
        .await
}

async fn connect(socket: &str) -> Result<SendRequest<Empty<Bytes>>, Failure> {
    let stream = UnixStream::connect(socket).await?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(connection);
    Ok(sender)
}

/// Calls on every connection, one after the other, for as long as it is said; gives the connections back.
async fn run(
    connections: Vec<SendRequest<Empty<Bytes>>>,
    target: &str,
    duration: Duration,
) -> Result<(Vec<SendRequest<Empty<Bytes>>>, u64), Failure> {
    let until = Instant::now() + duration;
    let mut workers = JoinSet::new();
    for mut connection in connections {
        let target = target.to_owned();
        workers.spawn_local(async move {
            let calls = Cell::new(0);
            while Instant::now() < until {
                call(&mut connection, &target).await.map_err(|error| error.to_string())?;
                calls.set(calls.get() + 1);
            }
            Ok::<_, String>((connection, calls.get()))
        });
    }
    let mut connections = Vec::new();
    let mut calls = 0;
    for worker in workers.join_all().await {
        let (connection, made) = worker?;
        connections.push(connection);
        calls += made;
    }
    Ok((connections, calls))
}

/// CPU time that the server has spent.
async fn server_microseconds(connection: &mut SendRequest<Empty<Bytes>>) -> Result<i64, Failure> {
    call(connection, "/usage").await?["cpu_us"].as_i64().ok_or_else(|| "no usage".into())
}

/// The `data` of an answer.
async fn call(connection: &mut SendRequest<Empty<Bytes>>, target: &str) -> Result<Value, Failure> {
    connection.ready().await?;
    let request = Request::get(target)
        .header("host", "localhost")
        .header("accept", "*/*")
        .header("x-cycle-token", "benchmark")
        .body(Empty::new())?;
    let response = connection.send_request(request).await?;
    if response.status() != StatusCode::OK {
        return Err(format!("the server answered {}", response.status()).into());
    }
    let body = response.into_body().collect().await?.to_bytes();
    let mut parsed: Value = serde_json::from_slice(&body)?;
    match parsed["data"].take() {
        Value::Null => Err("an answer without data".into()),
        data => Ok(data),
    }
}

fn cpu_microseconds() -> Result<i64, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(usage.user_time().num_microseconds() + usage.system_time().num_microseconds())
}
