"""The platform `keycloak-pm`: a React frontend and a FastAPI backend on PostgreSQL and Redis, with Keycloak."""
