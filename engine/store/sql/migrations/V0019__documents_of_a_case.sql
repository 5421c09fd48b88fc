-- The documents of cases: links to what the atoms of a journey use and produce, and how each stands.

-- Every version that came, with what became of it; the newest one counts. `since` it stands so, and `judged_for` is why
-- it was refused, or a note beside its acceptance. It came for a `visit` of an `atom`, where one makes or needs it.
CREATE TABLE case_documents (
    process_id text COLLATE "C" NOT NULL REFERENCES process_instances,
    document text COLLATE "C" NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL CHECK (state IN ('received', 'accepted', 'refused')),
    since timestamptz NOT NULL,
    links jsonb NOT NULL CHECK (jsonb_typeof(links) = 'array'),
    note text,
    atom text,
    visit integer,
    received_by text NOT NULL,
    received_at timestamptz NOT NULL,
    judged_by text,
    judged_for text,
    PRIMARY KEY (process_id, document, version),
    CONSTRAINT for_a_visit_of_an_atom CHECK ((atom IS NULL) = (visit IS NULL)),
    CONSTRAINT judged_by_somebody CHECK ((state = 'received') = (judged_by IS NULL))
);
