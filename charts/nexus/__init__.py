"""The platform `nexus`: a Next.js frontend and a NestJS backend on PostgreSQL, MongoDB and Redis, behind nginx."""
