//! Where one request and its answer stand.

/// A request that is not answered to the end.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) body: RequestBody,
    pub(crate) response: Response,
    /// Whether the answer to it may have a body: not to HEAD.
    pub(crate) may_have_body: bool,
}

/// What is still to come of a request's body. `left`: so many bytes; none where nobody has said how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestBody {
    /// The front sends when it is asked.
    Waiting { left: Option<u64> },
    /// A packet is on its way: the first of a body whose length is known, or one that was asked for.
    UnderWay { left: Option<u64> },
    /// Nothing.
    Ended,
}

/// How far the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Response {
    /// Nothing is sent.
    Open,
    /// The head is; parts of the body may follow.
    HeadSent { body: bool },
    /// All is; the end waits for the packet that is under way, so that it is not taken for the next request.
    Finished { reuse: bool },
}
