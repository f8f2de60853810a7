// Line icons on a grid of 16; drawn here so that nothing is fetched.

const paths = {
  figures: "M2 14V9m4 5V4m4 10V7m4 7V2",
  cranes: "M3 14V4l9-2M3 4l5 3M12 2v5m0 0h-1.5v2h3V7zM1.5 14h4",
  jobs: "M3 3h10M3 8h10M3 13h10",
  points: "M1.5 9h3l2-6 3 10 2-5h3",
  alarms: "M8 2l6 11H2zM8 6.5v3M8 11v.6",
  events: "M8 2.5a5.5 5.5 0 100 11 5.5 5.5 0 000-11zM8 5v3.2l2.2 1.3",
  roads: "M4 14L6 2m6 12L10 2M8 3v2m0 3v2m0 2.5V14",
  more: "M2 3h12v10H2zM2 6.500h12M2 10h12M6.500 3v10",
  sun: "M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.1 1.1M11.9 11.9L13 13M13 3l-1.1 1.1M4.1 11.9L3 13",
  cube: "M8 1.8l5.5 3v6.4l-5.5 3-5.5-3V4.8zM2.5 4.8L8 8l5.5-3.2M8 8v6",
  flat: "M2.5 4.5l5.5-2 5.5 2v7l-5.5 2-5.5-2z",
  search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.5 10.5L14 14",
  help: "M5.5 6a2.5 2.5 0 114 2c-1 .7-1.5 1-1.5 2.2M8 12.6v.6",
  fit: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  play: "M4 2.5v11l9-5.5z",
  pause: "M5 3v10M11 3v10",
  back: "M12 3L6 8l6 5zM4 3v10",
  next: "M4 3l6 5-6 5zM12 3v10",
  ways: "M2 13c4 0 3-10 7-10h5M11.5 .8L14 3l-2.5 2.2",
  heat: "M8 14c-3 0-4.5-2-4.5-4.2C3.5 7 6 6 6 2c3 1 3.5 3.500 3.300 5C10.500 6.500 10.600 5.500 10.500 5c1.500 1.200 2 3 2 4.800C12.500 12 11 14 8 14z",
  follow: "M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v3M8 12v3M1 8h3M12 8h3",
  mark: "M4 2h8v12l-4-3-4 3z",
  share: "M6 9l4-4M5 7L3.500 8.500a2.500 2.500 0 003.500 3.500L8.500 10.500M7.500 5.500L9 4a2.500 2.500 0 013.500 3.500L11 9",
};
export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
