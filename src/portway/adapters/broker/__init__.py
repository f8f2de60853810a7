"""The real broker: certificates for everybody who speaks on it, and the configuration of Mosquitto."""
