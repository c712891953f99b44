"""The platform `pms`: a project management system on Next.js, NestJS, MongoDB, Redis and object storage."""
