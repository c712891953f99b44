"""The platform `taskmanager`: React on nginx and a Fastify backend on PostgreSQL, Redis and S3, behind nginx."""
