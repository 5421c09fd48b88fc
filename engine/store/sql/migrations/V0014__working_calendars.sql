-- Working calendars: the document as it was given, and its public holidays as `[date, name]`, as `source` had them then.
-- `version` is another after every change, also of one that was deleted and came back.
CREATE SEQUENCE calendar_versions;
CREATE TABLE calendars (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL DEFAULT nextval('calendar_versions'),
    document json NOT NULL,
    holidays json NOT NULL,
    source text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT wayline_now(),
    changed_at timestamptz NOT NULL DEFAULT wayline_now(),
    changed_by text NOT NULL
);

-- Which published versions count their working time in which calendar: these stay.
CREATE TABLE calendar_uses (
    calendar text COLLATE "C" NOT NULL REFERENCES calendars,
    journey text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    PRIMARY KEY (calendar, journey, version),
    FOREIGN KEY (journey, version) REFERENCES journey_versions
);
