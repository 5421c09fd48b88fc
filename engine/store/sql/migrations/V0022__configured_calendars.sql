-- Which configurations of service levels count in which calendar: such a calendar stays.
CREATE TABLE sla_config_calendars (
    config text COLLATE "C" NOT NULL REFERENCES sla_configs ON DELETE CASCADE,
    calendar text COLLATE "C" NOT NULL REFERENCES calendars,
    PRIMARY KEY (config, calendar)
);
CREATE INDEX sla_config_calendars_uses ON sla_config_calendars (calendar);
