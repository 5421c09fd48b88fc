CREATE TABLE journeys (
    journey text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT wayline_now()
);

-- `document` is the text as loaded. `routes` are what Cypher gave when the version was published, as text: numbers
-- and the order of keys stay as they were. `publishing` marks a draft that is on its way to Neo4j.
CREATE TABLE journey_versions (
    journey text COLLATE "C" NOT NULL REFERENCES journeys,
    version text COLLATE "C" NOT NULL,
    name text NOT NULL,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'retired')),
    hash text NOT NULL,
    document text NOT NULL,
    media text NOT NULL CHECK (media IN ('yaml', 'json')),
    created_at timestamptz NOT NULL DEFAULT wayline_now(),
    published_at timestamptz,
    publishing boolean NOT NULL DEFAULT false,
    routes json,
    routes_hash text,
    PRIMARY KEY (journey, version),
    CONSTRAINT published_with_routes CHECK (
        (status = 'draft') = (routes IS NULL)
        AND (status = 'draft') = (routes_hash IS NULL)
        AND (status = 'draft') = (published_at IS NULL)
    ),
    CONSTRAINT only_drafts_are_publishing CHECK (status = 'draft' OR NOT publishing)
);
CREATE INDEX journey_versions_publishing ON journey_versions (journey, version) WHERE publishing;

-- A published version never changes but for its status, and never goes away.
CREATE FUNCTION wayline_keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        OR (NEW.journey, NEW.version, NEW.name, NEW.hash, NEW.document, NEW.media, NEW.published_at, NEW.routes_hash)
            IS DISTINCT FROM
            (OLD.journey, OLD.version, OLD.name, OLD.hash, OLD.document, OLD.media, OLD.published_at, OLD.routes_hash)
        OR NEW.routes::text IS DISTINCT FROM OLD.routes::text
        OR NEW.status = 'draft'
    THEN
        RAISE EXCEPTION '%@% is published and never changes', OLD.journey, OLD.version
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON journey_versions
    FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION wayline_keep_published();
