"""The platform `pmtool`: a project management tool on Next.js, NestJS, PostgreSQL, Redis, Elasticsearch and S3."""
