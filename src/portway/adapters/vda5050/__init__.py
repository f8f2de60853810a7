"""VDA 5050 over MQTT: master control and truck agent, versions 2.0, 2.1 and 3.0 side by side."""
