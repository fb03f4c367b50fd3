//! The server of the benchmarks: fixed answers and floods of notifications over a Unix socket, on one thread.
//!
//! `bench-server <socket>` prints `listening` once it accepts connections and runs until its standard input ends.

mod answers;
mod connection;
mod notifications;

use std::io;
use std::rc::Rc;

use tokio::net::UnixListener;
use tokio::task::LocalSet;

use answers::Answers;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: bench-server <socket>"))?;
    let listener = UnixListener::bind(path)?;
    let answers = Rc::new(Answers::new());
    println!("listening");
    LocalSet::new()
        .run_until(async move {
            tokio::select! {
                accepted = accept(listener, answers) => accepted,
                () = end_of_input() => Ok(()),
            }
        })
        .await
}

async fn accept(listener: UnixListener, answers: Rc<Answers>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let answers = Rc::clone(&answers);
        tokio::task::spawn_local(async move {
            // A client that goes away in the middle of something is no concern of the server's.
            let _ = connection::serve(stream, &answers).await;
        });
    }
}

/// Resolves when the process that started this one is gone or wants it to end.
async fn end_of_input() {
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = io::Read::read_to_end(&mut io::stdin(), &mut Vec::new());
        drop(sender);
    });
    let _ = receiver.await;
}
